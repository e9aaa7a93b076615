import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { IdleBounds } from '../../interfaces/notices.ts';
import type { Actor } from '../../records.ts';
import { activeAt } from '../tokens/status-condition.ts';
import { destroyFound, lockFree, type TokenCondition } from '../tokens/tombstones.ts';
import { lockPosition, movePosition, type Position, readPositions } from './positions.ts';

/** The time between two passes over the table. */
const passMs = 60 * 60 * 1000;

const job = 'idle';

/**
 * See `NoticeStore.tidyIdle`. No index leads to idle tokens: it would have to change with each use. Therefore a pass reads the
 * table in the order of the IDs, bit by bit.
 */
export async function tidyIdle(knex: Knex, engine: Engine, bounds: IdleBounds, actor: Actor): Promise<boolean> {
  const { now, limit } = bounds;
  const seen = (await readPositions(knex)).find((position) => position.job === job);
  if (seen !== undefined && isBetweenPasses(seen, now)) return false;
  return knex.transaction(async (trx) => {
    const position = await lockPosition(trx, job, 0);
    if (isBetweenPasses(position, now)) return false;
    const ids: string[] = await trx('tokens').where('id', '>', position.id).orderBy('id').limit(limit).pluck('id');
    if (ids.length > 0) await tidy(trx, engine, { ...bounds, ids }, actor);
    const isDone = ids.length < limit;
    const beganAt = position.id === '' ? now : position.at;
    await movePosition(trx, { job, at: beganAt, id: isDone ? '' : (ids.at(-1) ?? '') });
    return !isDone;
  });
}

/** A position is the time when the pass began, and the last token that it has read. The ID is empty between two passes. */
function isBetweenPasses({ at: beganAt, id }: Position, now: number): boolean {
  return id === '' && beganAt <= now && now - beganAt < passMs;
}

async function tidy(
  trx: Knex.Transaction,
  engine: Engine,
  { ids, now, noticeBefore, destroyBefore, ssoStaleBefore = 0 }: IdleBounds & { ids: string[] },
  actor: Actor,
): Promise<void> {
  const active = activeAt(engine);
  const unpaused = '(t.paused_at IS NULL OR t.paused_until <= ?)';
  const unexpired = '(t.expires_at IS NULL OR t.expires_at > ?)';
  // A canary waits for years, and nobody uses it.
  const condition = `${engine.among('t.id')} AND NOT t.canary AND ${unpaused} AND ${unexpired}`;
  const bindings = [engine.bindList(ids) as Knex.RawBinding, now, now];
  // Tokens of other owners work again when the owner may use them, so nothing deletes them.
  const ownerMayUse = `EXISTS (SELECT 1 FROM users u WHERE u.id = t.owner_id AND u.can_manage_tokens AND NOT u.disabled
    AND (u.sso_signed_in_at IS NULL OR u.sso_signed_in_at >= ?))`;
  const isIdle = {
    condition: `${condition} AND ${active} < ? AND ${ownerMayUse}`,
    bindings: [...bindings, destroyBefore, ssoStaleBefore],
  };
  const idle = engine.rows(
    await trx.raw(`SELECT t.id, t.owner_id FROM tokens t WHERE ${isIdle.condition}`, isIdle.bindings),
  ) as unknown as Array<{ id: string; owner_id: string }>;
  await destroyFound(trx, engine, idle, isIdle, { revokedAt: now, reason: 'idle', actor });
  if (noticeBefore === null) return;
  const due = {
    condition: `${condition} AND ${active} < ? AND t.notice_within IS NULL
    AND (t.idle_noticed_at IS NULL OR t.idle_noticed_at < ${active})`,
    bindings: [...bindings, noticeBefore],
  };
  const marked = engine.locksRows ? await freeAmong(trx, engine, due) : due;
  await trx.raw(`UPDATE tokens AS t SET notice_within = -1 WHERE ${marked.condition}`, [...marked.bindings]);
}

/** Locks those of the tokens that no other transaction holds. The next pass marks the others. */
async function freeAmong(trx: Knex.Transaction, engine: Engine, tokens: TokenCondition): Promise<TokenCondition> {
  const ids = (await lockFree(trx, engine, tokens)).map(({ id }) => id);
  return { condition: engine.among('t.id'), bindings: [engine.bindList(ids) as Knex.RawBinding] };
}
