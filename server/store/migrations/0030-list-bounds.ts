import type { Migration } from './migration.ts';

/**
 * Lets lists find the owners whose tokens may not work without reading all other owners. On PostgreSQL, also lets the indexes on IDs and on
 * names alone find the tokens that expire soon, as SQLite's index on IDs does. SQLite keeps its index on names, because it reads all of it for a
 * part of a name.
 */
export const listBounds: Migration = {
  name: '0030-list-bounds',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    // The condition must equal the one in `by-owners.ts`, because SQLite recognizes the index by it.
    await trx.raw(
      'CREATE INDEX users_restricted_index ON users (id, disabled, can_manage_tokens, sso_signed_in_at) WHERE disabled OR NOT can_manage_tokens OR sso_signed_in_at IS NOT NULL',
    );
    if (trx.client.dialect === 'sqlite3') return;
    await trx.raw(
      'CREATE INDEX tokens_listed_times_index ON tokens (id) INCLUDE (expires_at, canary) WHERE trust_id IS NULL',
    );
    await trx.raw(
      'CREATE INDEX tokens_name_times_index ON tokens (name_folded COLLATE "C", id) INCLUDE (expires_at, canary, trust_id)',
    );
    // Dropping them locks out readers, so it comes last.
    for (const name of ['listed_order', 'name']) await trx.raw(`DROP INDEX IF EXISTS tokens_${name}_index`);
  },
};
