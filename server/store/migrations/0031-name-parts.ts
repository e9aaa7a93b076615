import type { Migration } from './migration.ts';

/**
 * Lets PostgreSQL find tokens by a part of their names without reading all names: a function returns the parts of one to three characters
 * of a name, and an index leads from each part to the tokens. SQLite reads a million names in a fraction of that time, and needs no such index.
 *
 * Another index leads from many owners to their tokens. It compares byte by byte, which takes less time than the order of a language.
 */
export const nameParts: Migration = {
  name: '0031-name-parts',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    if (trx.client.dialect === 'sqlite3') return;
    // The high cost keeps the planner from calling the function for many rows instead of reading the index.
    await trx.raw(`CREATE OR REPLACE FUNCTION token_name_parts(name text) RETURNS text[]
      LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 500 AS '
        SELECT array_agg(substr(name, start, 1)) || array_agg(substr(name, start, 2)) || array_agg(substr(name, start, 3))
        FROM generate_series(1, length(name)) AS start'`);
    // Each new token is written to the index at once. A list of pending ones would make every search read that list.
    await trx.raw(
      'CREATE INDEX tokens_name_parts_index ON tokens USING gin (token_name_parts(name_folded)) WITH (fastupdate = off)',
    );
    await trx.raw(
      'CREATE INDEX tokens_owned_index ON tokens (owner_id COLLATE "C", id COLLATE "C") WHERE trust_id IS NULL',
    );
    // Dropping it locks out readers, so it comes last.
    await trx.raw('DROP INDEX IF EXISTS tokens_listed_owner_index');
  },
};
