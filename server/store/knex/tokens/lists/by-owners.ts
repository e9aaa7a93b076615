import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { whereOwnerAllows, whereTokenHas } from '../status-condition.ts';
import { whereMatches } from './token-filter.ts';

/** A query with a status. */
export type StatusQuery = TokenQuery & { status: NonNullable<TokenQuery['status']> };

export function hasStatus(query: TokenQuery): query is StatusQuery {
  return query.status !== undefined;
}

/**
 * A condition on an owner `u` whose tokens may not work, or not for long. The index `users_restricted_index` has these owners only. Must
 * equal the condition in migration `0030-list-bounds`, because SQLite recognizes the index by it.
 */
const isRestricted = '(u.disabled OR NOT u.can_manage_tokens OR u.sso_signed_in_at IS NOT NULL)';

/** Statuses that only tokens of restricted owners have. */
const ofRestricted = new Set(['disabled', 'blocked', 'sso-stale']);

/** Returns whether only restricted owners can have tokens with the status of a query. */
export function isOfRestricted(query: TokenQuery): query is StatusQuery {
  return query.status !== undefined && ofRestricted.has(query.status);
}

/** The share of all members and service accounts, in percent, among which PostgreSQL finds the middle one. It reads whole pages of the table. */
const sampledPercent = 1;

/**
 * Returns the ID that divides the restricted owners into two parts of about the same size, on PostgreSQL. Returns null if there are so few
 * members that the sample is empty.
 */
export async function findMiddleOwner(knex: Knex): Promise<string | null> {
  const [sample] = await knex
    .select(knex.raw('percentile_disc(0.5) WITHIN GROUP (ORDER BY u.id) AS middle'))
    .fromRaw(`users AS u TABLESAMPLE SYSTEM (${sampledPercent}) REPEATABLE (1)`)
    .whereRaw(isRestricted);
  return sample.middle;
}

/** Selects one page of the tokens `t` of the owners `u` who can have tokens with a status. If `oldest` is given, older tokens are left out. */
export function selectThroughOwners(
  knex: Knex,
  engine: Engine,
  query: StatusQuery,
  oldest?: string,
): Knex.QueryBuilder {
  if (!engine.locksRows) {
    const indexed = isOfRestricted(query) ? 'users AS u INDEXED BY users_restricted_index' : 'users AS u';
    const matches = knex.fromRaw(`${indexed} CROSS JOIN tokens AS t`).whereRaw('u.id = t.owner_id').limit(query.limit);
    if (isOfRestricted(query)) matches.whereRaw(isRestricted);
    if (oldest !== undefined) matches.whereRaw('t.id >= ?', [oldest]);
    whereMatches(matches, engine, query);
    return matches;
  }
  const owners = knex('users AS u').select('u.id');
  whereOwnerAllows(owners, query.status, query);
  if (isOfRestricted(query)) owners.whereRaw(isRestricted);
  const { status, ...others } = query;
  const theirs = knex('tokens AS t')
    .select('t.*')
    .whereRaw(`${engine.bytewise('t.owner_id')} = u.id`);
  if (oldest !== undefined) theirs.whereRaw(`${engine.bytewise('t.id')} >= ?`, [oldest]);
  whereTokenHas(theirs, engine, status, query);
  whereMatches(theirs, engine, others);
  return (
    knex
      .from(owners.as('u'))
      // OFFSET makes PostgreSQL look up the tokens of each owner. It would read the tokens of all owners, because it expects many to match.
      .crossJoin(knex.raw('LATERAL (SELECT * FROM ? AS theirs OFFSET 0) AS t', [theirs]))
      .limit(query.limit)
  );
}

/**
 * Selects one page of the tokens `t` with a status, on PostgreSQL. Finds the owners who cannot have such tokens at once, because it takes
 * longer to look up the owner of each token.
 */
export function selectByState(knex: Knex, engine: Engine, query: StatusQuery): Knex.QueryBuilder {
  const { status, ...others } = query;
  const matches = knex.from('tokens AS t').limit(query.limit);
  whereNotStopped(knex, matches, query);
  whereTokenHas(matches, engine, status, query);
  whereMatches(matches, engine, others);
  return matches;
}

/**
 * Selects one page of the active tokens `t` of all owners, on PostgreSQL. One index has those that expire, and another one has the rest. A
 * scan of the table would begin where the last one of any other query ended, perhaps among tokens that are not active.
 */
export function selectActive(knex: Knex, engine: Engine, query: StatusQuery): Knex.QueryBuilder {
  const { status, ...others } = query;
  const [expiring, endless] = [
    knex('tokens AS t').where('t.expires_at', '>', query.now),
    knex('tokens AS t').whereNull('t.expires_at'),
  ];
  for (const part of [expiring, endless]) {
    part.select('t.*');
    whereTokenHas(part, engine, status, query);
    whereMatches(part, engine, others);
  }
  const matches = knex.from(expiring.unionAll(endless).as('t')).limit(query.limit);
  whereNotStopped(knex, matches, query);
  return matches;
}

/** Restricts a query on a token `t`, on PostgreSQL, to those whose owner can have tokens with the status. */
function whereNotStopped(knex: Knex, tokens: Knex.QueryBuilder, query: StatusQuery): void {
  const allowed = knex.select(knex.raw('1'));
  whereOwnerAllows(allowed, query.status, query);
  const { sql, bindings } = allowed.toSQL();
  const condition = sql.replace(/^.*? where /, '');
  const stopped = knex('users AS u')
    .select(knex.raw('1'))
    .whereRaw('u.id = t.owner_id')
    .whereRaw(`(${condition}) IS NOT TRUE`, bindings as Knex.RawBinding[]);
  if (!isOfRestricted(query)) stopped.whereRaw(isRestricted);
  tokens.whereNotExists(stopped);
}
