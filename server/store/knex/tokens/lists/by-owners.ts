import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { whereOwnerAllows, whereTokenHas } from '../status-condition.ts';
import { whereExchanged, whereMatches } from './token-filter.ts';

/** A query with a status. */
export type StatusQuery = TokenQuery & { status: NonNullable<TokenQuery['status']> };

export function hasStatus(query: TokenQuery): query is StatusQuery {
  return query.status !== undefined;
}

/**
 * Selects one page of the tokens `t` of the owners `u` who can have tokens with a status, on PostgreSQL. OFFSET keeps PostgreSQL
 * from reading all tokens instead. It would expect a page to be full after a few of them, although the tokens of these owners may
 * be old.
 */
export function selectThroughOwners(knex: Knex, engine: Engine, query: StatusQuery): Knex.QueryBuilder {
  const owners = knex('users AS u').select('u.*').offset(0);
  whereOwnerAllows(owners, query.status, query);
  const theirs = knex('tokens AS t').select('t.*').whereRaw('t.owner_id = u.id').offset(0);
  whereExchanged(theirs, query);
  const matches = knex
    .from(owners.as('u'))
    .crossJoin(knex.raw('LATERAL ? AS t', [theirs]))
    .limit(query.limit);
  whereMatches(matches, engine, query);
  return matches;
}

/**
 * Selects one page of the tokens `t` with a status, on PostgreSQL. Finds the owners who cannot have such tokens at once, because it takes
 * longer to look up the owner of each token.
 */
export function selectByState(knex: Knex, engine: Engine, { status, ...others }: StatusQuery): Knex.QueryBuilder {
  const allowed = knex.select(knex.raw('1'));
  whereOwnerAllows(allowed, status, others);
  const { sql, bindings } = allowed.toSQL();
  const condition = sql.replace(/^.*? where /, '');
  const stopped = knex('users AS u')
    .select('u.id')
    .whereRaw(`(${condition}) IS NOT TRUE`, bindings as Knex.RawBinding[]);
  const matches = knex.from('tokens AS t').limit(others.limit);
  matches.whereRaw('(t.owner_id IN ?) IS NOT TRUE', [stopped]);
  whereTokenHas(matches, engine, status, others);
  whereMatches(matches, engine, others);
  return matches;
}
