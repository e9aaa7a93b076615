import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** The indexes that others replace. */
const replaced = [
  'tokens_listed_index',
  'tokens_listed_expiry_index',
  'tokens_no_expiry_index',
  'tokens_paused_index',
  'denied_requests_at_index',
];

/**
 * Lets indexes alone count tokens and sort those that are paused. Each column of a condition is in its index, and no column that a use
 * of a token changes, because each use would then change the indexes. Another index holds the tokens that are older or newer than their
 * IDs say, so that a list by the age of tokens begins at the ID of that age.
 */
export const coveringIndexes: Migration = {
  name: '0029-covering-indexes',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    const isSqlite = trx.client.dialect === 'sqlite3';
    const index = async (name: string, keys: string, others: string, condition: string) => {
      // PostgreSQL keeps the other columns out of the upper levels of the index.
      const columns = isSqlite ? `(${keys}, ${others})` : `(${keys}) INCLUDE (${others})`;
      await trx.raw(`CREATE INDEX tokens_${name}_index ON tokens ${columns} WHERE ${condition}`);
    };
    const state = 'owner_id, paused_at, paused_until, canary, trust_id';
    const listed = 'trust_id IS NULL';
    // PostgreSQL reads the smallest index in the order of IDs, and SQLite the one with all columns.
    if (isSqlite) await index('listed_state', 'id', `${state}, expires_at, created_at, rotated_at`, listed);
    else await trx.raw(`CREATE INDEX tokens_listed_order_index ON tokens (id) WHERE ${listed}`);
    await index('listed_until', 'expires_at, id', state, `${listed} AND expires_at IS NOT NULL`);
    await index('endless', 'id', `${state}, expires_at`, 'expires_at IS NULL');
    await index('paused_state', 'id', `${state}, expires_at`, 'paused_at IS NOT NULL');
    const name = isSqlite ? 'name_folded' : 'name_folded COLLATE "C"';
    await index('paused_name', `${name}, id`, state, 'paused_at IS NOT NULL');
    await index('paused_until', 'expires_at, id', state, 'paused_at IS NOT NULL');
    await trx.raw('CREATE INDEX denied_requests_token_index ON denied_requests (at, token_id)');
    await indexMisdated(trx, isSqlite);
    // Dropping them locks out readers, so it comes last.
    for (const name of replaced) await trx.raw(`DROP INDEX IF EXISTS ${name}`);
  },
};

/** The condition must equal the one in `token-age.ts`, because the databases recognize the index by it. */
async function indexMisdated(trx: Knex, isSqlite: boolean): Promise<void> {
  const hexadecimal = (time: string) => (isSqlite ? `printf('%012x', ${time})` : `lpad(to_hex(${time}), 12, '0')`);
  const bounds = ['created_at - 60000', 'created_at + 60000'].map(hexadecimal).join(' AND ');
  const isDated = `substr(id, 1, 8) || substr(id, 10, 4) BETWEEN ${bounds}`;
  await trx.raw(
    `CREATE INDEX tokens_misdated_index ON tokens (id, created_at) WHERE CASE WHEN ${isDated} THEN 0 ELSE 1 END = 1`,
  );
}
