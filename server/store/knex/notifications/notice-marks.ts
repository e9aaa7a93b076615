import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { ExpirySpan } from '../../interfaces/notices.ts';
import { tokenLifetime } from '../../tables/tokens.ts';
import { lockPosition, movePosition, type Position, readPositions } from './positions.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Tokens with a lifetime of at most this get no notice. */
const maxUnnoticedLifetimeMs = dayMs;

/** How long before its expiry a token must have been used, for its owner to learn that it has expired. */
const usedBeforeMs = 7 * dayMs;

/** A position that is further ahead was stored while a clock was wrong. */
const maxLeadMs = dayMs;

/** The prefix of the positions of thresholds. */
const expiring = 'expiring-';

/** SQL and the values for its placeholders. */
type Sql = readonly [text: string, ...bindings: number[]];

interface Mark {
  job: string;
  positions: readonly Position[];
  /** Where the job begins the first time. */
  start: number;
  span: ExpirySpan;
  /** Which tokens `t` of the span change. */
  condition: Sql;
  /** The new value of `notice_within`. */
  notice: Sql;
}

/** See `NoticeStore.markExpiring`. */
export async function markExpiring(knex: Knex, engine: Engine, withinMs: number, span: ExpirySpan): Promise<boolean> {
  const positions = await readPositions(knex);
  const start = Math.max(span.after + 1, tighterPosition(positions, withinMs));
  const condition: Sql = [`${tokenLifetime} > ?`, Math.max(maxUnnoticedLifetimeMs, 2 * withinMs)];
  return mark(knex, engine, {
    job: `${expiring}${withinMs}`,
    positions,
    start,
    span,
    condition,
    notice: ['?', withinMs],
  });
}

/**
 * Returns up to which expiry tokens were looked at for any tighter threshold, also for one that is no longer configured. A new
 * threshold begins there, because tokens before that got a tighter notice.
 */
function tighterPosition(positions: readonly Position[], withinMs: number): number {
  const tighter = positions.filter(
    ({ job }) => job.startsWith(expiring) && Number(job.slice(expiring.length)) < withinMs,
  );
  return Math.max(0, ...tighter.map(({ at }) => at));
}

/** See `NoticeStore.markExpired`. */
export async function markExpired(knex: Knex, engine: Engine, span: ExpirySpan): Promise<boolean> {
  const usedAt = engine.greatest(['COALESCE(t.last_used_at, 0)', 'COALESCE(t.previous_used_at, 0)']);
  const missed = `${tokenLifetime} > ? AND ${usedAt} >= t.expires_at - ?`;
  const values = [maxUnnoticedLifetimeMs, usedBeforeMs] as const;
  return mark(knex, engine, {
    job: 'expired',
    positions: await readPositions(knex),
    start: span.after + 1,
    span,
    condition: [`(t.notice_within IS NOT NULL OR ${missed})`, ...values],
    notice: [`CASE WHEN ${missed} THEN 0 END`, ...values],
  });
}

/**
 * Marks the next tokens of a span and moves the position behind them. Returns true if there are more. Writes nothing, and waits for no
 * writer, if there is no token.
 */
async function mark(knex: Knex, engine: Engine, marked: Mark): Promise<boolean> {
  const { job, positions, start, span } = marked;
  const seen = positions.find((position) => position.job === job) ?? { job, at: start, id: '' };
  if (seen.at <= span.until && (await nextTokens(knex, seen, { ...span, limit: 1 })).length === 0) return false;
  return knex.transaction((trx) => markLocked(trx, engine, marked));
}

async function markLocked(trx: Knex.Transaction, engine: Engine, { job, start, span, condition, notice }: Mark) {
  const position = await lockPosition(trx, job, start);
  const { after, until, limit } = span;
  if (position.at > until) {
    // The clock was set back, and these tokens were looked at before. After a large step back, look again at those that the wrong
    // clock skipped.
    if (position.at > until + maxLeadMs) await movePosition(trx, { job, at: until + 1, id: '' });
    return false;
  }
  const next = await nextTokens(trx, position, span);
  const ids = engine.bindList(next.map(({ id }) => id)) as Knex.RawBinding;
  const where = `${engine.among('t.id')} AND NOT t.canary AND t.expires_at > ? AND t.expires_at <= ? AND ${condition[0]}`;
  const bindings = [ids, after, until, ...condition.slice(1)];
  // In the order of the IDs, as the flush of last uses locks them.
  if (engine.locksRows) await trx.raw(`SELECT t.id FROM tokens t WHERE ${where} ORDER BY t.id FOR UPDATE`, bindings);
  const [value, ...values] = notice;
  await trx.raw(`UPDATE tokens AS t SET notice_within = ${value} WHERE ${where}`, [...values, ...bindings]);
  const last = next.length < limit ? undefined : next.at(-1);
  await movePosition(trx, { job, at: last?.expires_at ?? until + 1, id: last?.id ?? '' });
  return last !== undefined;
}

/** Returns the next tokens of a span, in the order of their expiry. */
async function nextTokens(
  knex: Knex,
  position: Position,
  { after, until, limit }: ExpirySpan,
): Promise<Array<{ id: string; expires_at: number }>> {
  const from = position.at <= after ? { at: after + 1, id: '' } : position;
  const rows: Array<{ id: string; expires_at: number | string }> = await knex('tokens')
    .select('id', 'expires_at')
    .whereRaw('(expires_at, id) > (?, ?)', [from.at, from.id])
    .where('expires_at', '<=', until)
    .orderBy(['expires_at', 'id'])
    .limit(limit);
  return rows.map(({ id, expires_at: expiresAt }) => ({ id, expires_at: Number(expiresAt) }));
}
