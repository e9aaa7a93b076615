import type { Knex } from 'knex';
import type { IdempotencyStore } from '../../interfaces/tokens.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { idempotencyColumns } from '../../tables/tokens.ts';

export function createIdempotencyStore(knex: Knex): IdempotencyStore {
  const keys = () => knex<RowOf<typeof idempotencyColumns>>('idempotency_keys');

  return {
    async claim(row, freshSince) {
      // One statement decides, so of several concurrent requests with one key only one creates a token.
      const claimed = await keys()
        .insert(toRow(idempotencyColumns, row))
        .onConflict(['user_id', 'key'])
        .merge(['body_hash', 'token_id', 'created_at'])
        .where('idempotency_keys.created_at', '<', freshSince)
        .returning('key');
      if (claimed.length > 0) return 'claimed';
      const holder = await keys().where({ user_id: row.userId, key: row.key }).first();
      if (!holder) throw new Error('An idempotency key disappeared during the transaction that read it.');
      const { bodyHash, tokenId } = toRecord(idempotencyColumns, holder);
      return { bodyHash, tokenId };
    },
    purge(before, limit) {
      const old = keys().select('user_id', 'key').where('created_at', '<', before).orderBy('created_at').limit(limit);
      return keys().whereIn(['user_id', 'key'], old).delete();
    },
  };
}
