import type { Migration } from './migration.ts';

/**
 * Lets lists read shorter or fewer pages. SQLite reads all names to find a part of a name. An index of the names alone has half the pages of the one
 * that sorts tokens by name. PostgreSQL sorts the tokens of many owners by name or expiry. The index that leads from owners to tokens now holds
 * both, so that the tokens themselves are not read.
 */
export const listKeys: Migration = {
  name: '0032-list-keys',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    if (trx.client.dialect === 'sqlite3') {
      // SQLite does not read the table if the index has the column of its own condition.
      await trx.raw('CREATE INDEX tokens_listed_name_index ON tokens (name_folded, trust_id) WHERE trust_id IS NULL');
      return;
    }
    await trx.raw(
      'CREATE INDEX tokens_owned_keys_index ON tokens (owner_id COLLATE "C", id COLLATE "C") INCLUDE (name_folded, expires_at) WHERE trust_id IS NULL',
    );
    // Dropping it locks out readers, so it comes last.
    await trx.raw('DROP INDEX IF EXISTS tokens_owned_index');
  },
};
