import type { Migration } from './migration.ts';

/**
 * Adds indexes for lists of tokens in the order of their names, which are compared byte by byte on both databases, and for those that never
 * expire, which end a list in the order of expiry. Another index finds the tombstones of a token by its ID.
 */
export const tokenLists: Migration = {
  name: '0023-token-lists',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    const name = trx.client.dialect === 'sqlite3' ? 'name_folded' : 'name_folded COLLATE "C"';
    await trx.raw(`CREATE INDEX tokens_name_index ON tokens (${name}, id)`);
    await trx.raw('CREATE INDEX tokens_no_expiry_index ON tokens (id) WHERE expires_at IS NULL');
    await trx.raw('CREATE INDEX tombstones_token_index ON tombstones (token_id)');
  },
};
