import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import type { StatusContext } from '../../../records.ts';
import type { TokenFilter } from '../../../token-filter.ts';
import { whereStatus } from '../status-condition.ts';

/** A query that an index of names leads to its tokens. */
export type LedQuery = TokenQuery & {
  /** Parts that every name that matches has, on PostgreSQL. */
  nameParts?: readonly string[];
  /** Selects the tokens whose names come before this one, or those with the others, on SQLite. */
  names?: readonly [compare: '<' | '>=', name: string];
};

/** Restricts a query on a token `t` and its owner `u` to what a search selects, apart from `knownTo`: on the page and on those after it. */
export function whereMatches(
  query: Knex.QueryBuilder,
  engine: Pick<Engine, 'greatest' | 'contains' | 'among' | 'bindList'>,
  { before, ownerId, appId, trustId: ofTrust, nameContains, nameParts, among, ...filter }: LedQuery,
  trustId: TrustId = 't.trust_id',
): void {
  if (before !== null) query.where('t.id', '<', before);
  if (ownerId !== undefined) query.where('t.owner_id', ownerId);
  if (appId !== undefined) query.whereRaw('t.id IN (SELECT token_id FROM token_apps WHERE app_id = ?)', appId);
  if (ofTrust !== undefined) query.where('t.trust_id', ofTrust);
  if (among !== undefined) query.whereRaw(engine.among('t.id'), [engine.bindList(among) as Knex.RawBinding]);
  if (nameParts !== undefined) query.whereRaw('token_name_parts(t.name_folded) @> ?', [nameParts as string[]]);
  if (nameContains !== undefined) query.whereRaw(engine.contains('t.name_folded'), nameContains);
  whereFilter(query, engine, filter, filter, trustId);
}

/** Restricts a query on a token `t` and its owner `u` to those that a filter selects. */
export function whereFilter(
  query: Knex.QueryBuilder,
  engine: Pick<Engine, 'greatest'>,
  filter: TokenFilter,
  context: StatusContext,
  trustId: TrustId = 't.trust_id',
): void {
  if (filter.status !== undefined) whereStatus(query, engine, filter.status, context);
  whereTimes(query, filter, context.now);
  whereExchanged(query, filter, trustId);
  whereCanaries(query, filter);
}

/**
 * Restricts a query on a token `t` to canaries, or to all others. By default, canaries are left out if the filter selects tokens by their times,
 * because nobody uses, rotates or extends a canary.
 */
export function whereCanaries(query: Knex.QueryBuilder, filter: TokenFilter): void {
  const { canaries } = filter;
  if (selectsCanaries(filter)) query.whereRaw('t.canary');
  else if (canaries === false || selectsByTimes(filter)) query.whereRaw('NOT t.canary');
  if (canaries === 'used') query.whereNotNull('t.last_used_at');
}

/** Returns whether a filter selects nothing but canaries, to which an index leads. */
export function selectsCanaries({ canaries }: Pick<TokenFilter, 'canaries'>): boolean {
  return canaries === 'only' || canaries === 'used';
}

/**
 * How a query tells exchanged tokens from others. The column leads to an index of either. The expression leads to none: SQLite, which has no
 * statistics, would prefer that index to one of far fewer tokens, or to reading the table once.
 */
export type TrustId = 't.trust_id' | "t.trust_id || ''";

/** Restricts a query on a token `t` to exchanged tokens, or to all others. */
export function whereExchanged(
  query: Knex.QueryBuilder,
  { exchanged }: Pick<TokenFilter, 'exchanged'>,
  trustId: TrustId = 't.trust_id',
): void {
  query.whereRaw(exchanged ? 't.trust_id IS NOT NULL' : `${trustId} IS NULL`);
}

/** Restricts a query on a token `t` to those that a filter selects by their times. */
export function whereTimes(query: Knex.QueryBuilder, filter: Omit<TokenFilter, 'status'>, now: number): void {
  const { unusedForMs, neverUsed, noExpiry, unrotatedForMs, expiringWithinMs, deniedWithinMs, twoValues } = filter;
  if (unusedForMs !== undefined) {
    const before = now - unusedForMs;
    // A token may have been used long ago with both values, so each of the two must be old.
    whereOldIfAny(query, 't.last_used_at', before);
    whereOldIfAny(query, 't.previous_used_at', before);
    query.where('t.created_at', '<', before);
  }
  if (neverUsed) query.whereNull('t.last_used_at').whereNull('t.previous_used_at');
  if (noExpiry) query.whereNull('t.expires_at');
  if (unrotatedForMs !== undefined) {
    query.where('t.created_at', '<', now - unrotatedForMs);
    whereOldIfAny(query, 't.rotated_at', now - unrotatedForMs);
  }
  if (twoValues) {
    // A rotation ends all values before the one that stays, so that one value at most still works. An index finds these few.
    query.whereRaw('t.id IN (SELECT token_id FROM previous_values WHERE valid_until > ?)', now);
  }
  if (expiringWithinMs !== undefined) {
    query.where('t.expires_at', '>', now).where('t.expires_at', '<=', now + expiringWithinMs);
  }
  if (deniedWithinMs !== undefined) {
    query.whereRaw('EXISTS (SELECT 1 FROM denied_requests AS d WHERE d.token_id = t.id AND d.at > ?)', [
      now - deniedWithinMs,
    ]);
  }
}

function whereOldIfAny(query: Knex.QueryBuilder, column: string, before: number): void {
  query.where((time) => time.whereNull(column).orWhere(column, '<', before));
}

/** Returns whether a filter selects tokens by their times. */
export function selectsByTimes(filter: TokenFilter): boolean {
  const { unusedForMs, neverUsed, noExpiry, unrotatedForMs, expiringWithinMs, deniedWithinMs, twoValues } = filter;
  const values = [unusedForMs, neverUsed, noExpiry, unrotatedForMs, expiringWithinMs, deniedWithinMs, twoValues];
  return values.some((value) => value !== undefined);
}
