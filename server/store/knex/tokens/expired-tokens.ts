import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import { type Destruction, destroyFound, type TokenCondition } from './tombstones.ts';

/** As in the index `tokens_short_lived_index`, whose column is the expression below. */
const spanIsShort = 'coalesce(lifetime_ms, expires_at - created_at) <= 86400000';
const isShortLived = `${spanIsShort} AND (lifetime_ms IS NOT NULL OR NOT expiry_cut)`;
const shortLivedExpiry = 'expires_at + 0';

/** See `TokenStore.purgeExpired`. */
export function purgeExpired(
  knex: Knex,
  engine: Engine,
  { before, shortLived, limit }: { before: number; shortLived: boolean; limit: number },
  destruction: Destruction,
): Promise<number> {
  return knex.transaction(async (trx) => {
    const oldest = trx('tokens').select('id', 'owner_id').limit(limit);
    if (shortLived) {
      oldest.whereRaw(isShortLived).whereRaw(`${shortLivedExpiry} <= ?`, before).orderByRaw(shortLivedExpiry);
    } else {
      oldest.where('expires_at', '<=', before).orderBy('expires_at');
    }
    // An expired token cannot be extended, so the first condition is the only one that another transaction could change.
    return destroyFound(trx, engine, await oldest, { condition: 't.expires_at <= ?', bindings: [before] }, destruction);
  });
}

/** Selects at most 100 expired short-lived tokens of one owner, the oldest ones beyond the newest `keep`. */
export function manyExpired(ownerId: string, keep: number, at: number): TokenCondition {
  // With the plus, SQLite does not take the index of expiry times, after which it would have to sort.
  const beyond = `SELECT id FROM tokens WHERE owner_id = ? AND +expires_at <= ? AND ${isShortLived} ORDER BY id DESC LIMIT 100 OFFSET ?`;
  return { condition: `id IN (SELECT id FROM (${beyond}) AS beyond)`, bindings: [ownerId, at, keep] };
}
