import type { Knex } from 'knex';
import type { TokenStatus } from '../../../../shared/schemas/tokens/tokens.ts';
import type { Engine } from '../../engine/engine.ts';
import type { StatusContext } from '../../records.ts';

/** Times of a token `t` that keep it from becoming idle. A pause that ended by itself counts as a resumption. */
const activeTimes = ['last_used_at', 'rotated_at', 'resumed_at', 'paused_until', 'previous_used_at'];

/** Returns an expression for the newest of the times that keep a token `t` from becoming idle. */
export function activeAt(engine: Pick<Engine, 'greatest'>): string {
  return engine.greatest(['t.created_at', ...activeTimes.map((column) => `COALESCE(t.${column}, 0)`)]);
}

/**
 * Restricts a query on a token `t` and its owner `u` to one status. The store contract compares it with the domain's
 * `tokenStatus` for all combinations; the order of the rules is the same: disabled, blocked, sso-stale, paused, expired, idle,
 * active.
 */
export function whereStatus(
  query: Knex.QueryBuilder,
  engine: Pick<Engine, 'greatest'>,
  status: TokenStatus,
  context: StatusContext,
): void {
  whereOwnerAllows(query, status, context);
  whereTokenHas(query, engine, status, context);
}

/** Restricts a query on a token `t` to those that have this status if their owner allows it. */
export function whereTokenHas(
  query: Knex.QueryBuilder,
  engine: Pick<Engine, 'greatest'>,
  status: TokenStatus,
  { now, idleBefore }: StatusContext,
): void {
  if (status === 'paused') {
    query.whereNotNull('t.paused_at');
    query.where((pause) => pause.whereNull('t.paused_until').orWhere('t.paused_until', '>', now));
  }
  if (status === 'expired' || status === 'idle' || status === 'active') {
    query.where((token) => token.whereNull('t.paused_at').orWhere('t.paused_until', '<=', now));
  }
  if (status === 'expired') query.where('t.expires_at', '<=', now);
  if (status === 'idle' || status === 'active') {
    query.where((token) => token.whereNull('t.expires_at').orWhere('t.expires_at', '>', now));
  }
  if (status === 'idle') query.whereRaw(`${activeAt(engine)} < ?`, idleBefore ?? 0);
  if (status === 'active' && idleBefore !== undefined) query.whereRaw(`${activeAt(engine)} >= ?`, idleBefore);
}

/** Restricts a query on an owner `u` to those who can have tokens with this status. */
export function whereOwnerAllows(
  query: Knex.QueryBuilder,
  status: TokenStatus,
  { ssoStaleBefore = 0 }: StatusContext,
): void {
  query.where('u.disabled', status === 'disabled');
  if (status === 'disabled') return;
  query.where('u.can_manage_tokens', status !== 'blocked');
  if (status === 'blocked') return;
  if (status === 'sso-stale') {
    query.where('u.sso_signed_in_at', '<', ssoStaleBefore);
    return;
  }
  query.where((owner) => owner.whereNull('u.sso_signed_in_at').orWhere('u.sso_signed_in_at', '>=', ssoStaleBefore));
}
