import type { Knex } from 'knex';
import type { TokenStatus } from '../../../../shared/schemas/tokens.ts';
import type { StatusContext } from '../../records.ts';

/**
 * Restricts a query on a token `t` and its owner `u` to one status. The store contract compares it with the domain's
 * `tokenStatus` for all combinations; the order of the rules is the same: disabled, blocked, sso-stale, expired, active.
 */
export function whereStatus(query: Knex.QueryBuilder, status: TokenStatus, context: StatusContext): void {
  whereOwnerAllows(query, status, context);
  if (status === 'expired') query.where('t.expires_at', '<=', context.now);
  if (status === 'active')
    query.where((token) => token.whereNull('t.expires_at').orWhere('t.expires_at', '>', context.now));
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
