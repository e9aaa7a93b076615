import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { NewValue } from '../../interfaces/tokens/changes.ts';
import { lastUseColumns } from '../../tables/tokens.ts';

const noLastUse = Object.fromEntries(Object.values(lastUseColumns).map(({ name }) => [name, null]));

/** What `valid_until` holds if a value was ended early: the negative time of that. It stays ended if the clock is set back. */
const endedAt = (at: number) => -at;

/**
 * Replaces the current value of a token that the transaction has locked:
 *
 * 1. End the previous value, or limit it if it is the one that stays.
 * 2. Keep the current value as a previous one.
 * 3. Store the new value, which nobody has used yet.
 */
export async function rotateToken(knex: Knex, engine: Engine, id: string, value: NewValue): Promise<void> {
  const { hash, prefix, at, validUntil, expiresAt, lifetimeMs, selfRotated, replacesUnused } = value;
  // Ends those too whose overlap has ended: otherwise, several would work again if the clock is set back.
  const earlier = knex('previous_values')
    .where('token_id', id)
    .where('valid_until', '>', replacesUnused ? validUntil : 0);
  const ended = engine.greatest(['-valid_until', '-CAST(? AS bigint)']);
  await earlier.update({ valid_until: replacesUnused ? validUntil : knex.raw(ended, [at]) });
  const oldValidUntil = !replacesUnused && validUntil > at ? validUntil : endedAt(at);
  await knex.raw(
    `INSERT INTO previous_values (hash, token_id, prefix, rotated_at, valid_until, self_rotated)
     SELECT hash, id, prefix, CAST(? AS bigint), CAST(? AS bigint), ${engine.locksRows ? 'CAST(? AS boolean)' : '?'} FROM tokens WHERE id = ?`,
    [at, oldValidUntil, selfRotated, id],
  );
  const usedAt = engine.greatest(['COALESCE(previous_used_at, 0)', 'COALESCE(last_used_at, 0)']);
  await knex('tokens')
    .where({ id })
    .update({
      ...noLastUse,
      previous_hash: replacesUnused ? knex.ref('previous_hash') : validUntil > at ? knex.ref('hash') : null,
      previous_used_at: knex.raw(`NULLIF(${usedAt}, 0)`),
      hash,
      prefix,
      rotated_at: at,
      former_owner_knows: false,
      expires_at: expiresAt,
      lifetime_ms: lifetimeMs,
      seen_at: null,
    });
}

/** See `TokenChangeStore.recordSeen`. Locks the tokens in the order of their IDs, so that two nodes do not deadlock. */
export async function recordSeen(
  knex: Knex,
  engine: Engine,
  values: ReadonlyArray<{ tokenId: string; prefix: string }>,
  at: number,
): Promise<void> {
  const rows = JSON.stringify(values.map(({ tokenId, prefix }) => [tokenId, prefix]));
  const isNew = `tokens.id = used.value ->> 0 AND tokens.prefix = used.value ->> 1
    AND tokens.self_rotate AND tokens.rotated_at IS NOT NULL AND tokens.seen_at IS NULL`;
  await knex.transaction(async (trx) => {
    const found = await trx.raw(
      `SELECT tokens.id FROM ${engine.jsonElements} AS used JOIN tokens ON ${isNew}${engine.locksRows ? ' ORDER BY tokens.id FOR NO KEY UPDATE OF tokens' : ''}`,
      [rows],
    );
    const ids = engine.rows(found).map(({ id }) => String(id));
    // Usually none: a value is new only once.
    if (ids.length === 0) return;
    await trx.raw(`UPDATE tokens SET seen_at = CAST(? AS bigint) FROM ${engine.jsonElements} AS used WHERE ${isNew}`, [
      at,
      rows,
    ]);
  });
}

/** See `TokenChangeStore.endPrevious`. */
export async function endPreviousValue(knex: Knex, id: string, at: number): Promise<boolean> {
  const current = knex('tokens').select('previous_hash').where({ id });
  const ended = await knex('previous_values')
    .where('hash', '=', current)
    .where('valid_until', '>', at)
    .update({ valid_until: endedAt(at) });
  return ended > 0;
}

/** Minimum time before the end of an overlap at which the owner learns that the previous value is still used. */
const minNoticeMs = 10 * 60 * 1000;

/**
 * See `TokenChangeStore.claimPreviousNotices`. Leaves values that another transaction holds to the next claim. A destruction of tokens
 * locks their values in another order, so that it would deadlock with a claim that waits for one of them.
 */
export async function claimPreviousNotices(knex: Knex, engine: Engine, now: number, limit: number): Promise<string[]> {
  // Written without division, because the two databases round differently.
  const due = `noticed_at IS NULL AND last_used_at IS NOT NULL AND valid_until > CAST(? AS bigint)
    AND (4 * (valid_until - CAST(? AS bigint)) <= valid_until - rotated_at OR valid_until - CAST(? AS bigint) <= ${minNoticeMs})`;
  // A CTE runs once. PostgreSQL may run a subquery in WHERE again for each row, and so claim more than `limit`.
  const claimed = await knex.raw(
    `WITH due AS (
       SELECT hash FROM previous_values WHERE ${due} ORDER BY valid_until LIMIT ?${engine.locksRows ? ' FOR UPDATE SKIP LOCKED' : ''}
     )
     UPDATE previous_values SET noticed_at = CAST(? AS bigint) WHERE hash IN (SELECT hash FROM due) RETURNING token_id`,
    [now, now, now, limit, now],
  );
  return engine.rows(claimed).map(({ token_id: tokenId }) => String(tokenId));
}
