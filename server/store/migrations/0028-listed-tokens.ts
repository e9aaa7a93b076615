import type { Migration } from './migration.ts';

/**
 * Adds indexes for lists of tokens without the exchanged ones, which are the newest tokens if jobs exchange many. A list would read
 * and skip all of these. Another index holds what a status asks about owners, so that counting reads no other part of them.
 */
export const listedTokens: Migration = {
  name: '0028-listed-tokens',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    // SQLite does not read the table if the index has the column of its own condition.
    await trx.raw('CREATE INDEX tokens_listed_index ON tokens (id, trust_id) WHERE trust_id IS NULL');
    await trx.raw(
      'CREATE INDEX tokens_listed_expiry_index ON tokens (expires_at, id, canary, trust_id) WHERE trust_id IS NULL AND expires_at IS NOT NULL',
    );
    await trx.raw('CREATE INDEX tokens_listed_owner_index ON tokens (owner_id, id, trust_id) WHERE trust_id IS NULL');
    await trx.raw('CREATE INDEX users_state_index ON users (id, disabled, can_manage_tokens, sso_signed_in_at)');
  },
};
