import type { Migration } from './migration.ts';

/**
 * Adds an index for the rate-limit counts of one account, whose keys have the same beginning. The primary key cannot find them,
 * because it follows the language of the database. SQLite keeps its counts in memory.
 */
export const countPrefixes: Migration = {
  name: '0010-count-prefixes',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    if (trx.client.dialect === 'sqlite3') return;
    await trx.raw('CREATE INDEX counts_prefix_index ON counts (key COLLATE "C")');
  },
};
