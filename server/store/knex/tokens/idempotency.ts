import type { Knex } from 'knex';
import type { IdempotencyStore } from '../../store.ts';

interface IdempotencyRow {
  user_id: string;
  key: string;
  body_hash: string;
  token_id: string;
  created_at: number | string;
}

export function createIdempotencyStore(knex: Knex): IdempotencyStore {
  const keys = () => knex<IdempotencyRow>('idempotency_keys');

  return {
    async claim({ userId, key, bodyHash, tokenId, createdAt }, freshSince) {
      const claimed = await keys()
        .insert({ user_id: userId, key, body_hash: bodyHash, token_id: tokenId, created_at: createdAt })
        .onConflict(['user_id', 'key'])
        .merge(['body_hash', 'token_id', 'created_at'])
        .where('idempotency_keys.created_at', '<', freshSince)
        .returning('key');
      if (claimed.length > 0) return 'claimed';
      const holder = await keys().where({ user_id: userId, key }).first();
      if (!holder) throw new Error('An idempotency key vanished inside a transaction.');
      return { bodyHash: holder.body_hash, tokenId: holder.token_id };
    },
    purge(before, limit) {
      const old = keys().select('user_id', 'key').where('created_at', '<', before).orderBy('created_at').limit(limit);
      return keys().whereIn(['user_id', 'key'], old).delete();
    },
  };
}
