import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { selectKnownIds } from '../known-tokens.ts';
import { whereOwnerAllows, whereTokenHas } from '../status-condition.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins } from '../token-rows.ts';
import { listSorted } from './sorted-list.ts';
import {
  selectsByTimes,
  type TrustId,
  whereExchanged,
  whereMatches,
  whereNoCanary,
  whereTimes,
} from './token-filter.ts';

/** How many of the newest tokens a search reads first. */
const maxRead = 10_000;

/** Tokens `t` and their owners `u`. SQLite reads the tables of a CROSS JOIN in this order; PostgreSQL chooses the order. */
const tokensFirst = 'tokens AS t CROSS JOIN users AS u';
/** Tokens alone, for conditions that do not depend on the owner. */
const withoutOwners = 'tokens AS t';
const ownersFirst = 'users AS u CROSS JOIN tokens AS t';

/**
 * Returns one page of tokens, newest first. The index on IDs yields them in this order, so that reading ends when the page
 * is full. But with a filter that few tokens match, all tokens would be read, a million perhaps. Therefore a search that
 * may match few tokens takes two steps:
 *
 * 1. Read only the newest tokens. If many match, they fill the page.
 * 2. Otherwise find all tokens that match, through their owners or through another index, and sort their IDs.
 */
export async function listTokens(knex: Knex, engine: Engine, query: TokenQuery): Promise<TokenRow[]> {
  const { limit, sort } = query;
  if (sort !== undefined) {
    const few = sort.few || query.knownTo !== undefined;
    return listSorted(knex, engine, { ...query, sort: { ...sort, few } }, (all) => selectIds(knex, engine, all));
  }
  const withDetails = `${tokensFirst} ${tokenJoins}`;
  if (query.knownTo !== undefined) {
    const rows = knex.fromRaw(withDetails).whereRaw('u.id = t.owner_id').select(ownedTokenColumns);
    return rows.whereIn('t.id', selectKnownIds(knex, engine, query)).orderBy('t.id', 'desc');
  }
  const inOrder = selectMatches(knex, engine, query, withDetails, trustIdInOrder(engine, query))
    .select(ownedTokenColumns)
    .orderBy('t.id', 'desc');
  if (!mayMatchFew(query)) return inOrder;
  const recent: TokenRow[] = await inOrder.clone().where('t.id', '>=', selectOldestToRead(knex, query));
  if (recent.length === limit) return recent;
  // An expression, because the index on IDs would otherwise yield all tokens in their order.
  const ids = selectAnywhere(knex, engine, query).select('t.id').orderByRaw("t.id || '' DESC");
  return inOrder.whereIn('t.id', ids);
}

/** See `TokenStore.countUpTo`. */
export async function countTokens(
  knex: Knex,
  engine: Engine,
  query: Omit<TokenQuery, 'limit' | 'before'>,
  max: number,
): Promise<number> {
  const matches = selectIds(knex, engine, { ...query, limit: max, before: null });
  const [row] = await knex.from(matches.as('matches')).count({ count: '*' });
  return Number(row?.count ?? 0);
}

function selectIds(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  if (query.knownTo !== undefined) return selectKnownIds(knex, engine, query);
  if (mayMatchFew(query)) return selectAnywhere(knex, engine, query).select('t.id');
  const tables = query.status === undefined ? withoutOwners : tokensFirst;
  return selectMatches(knex, engine, query, tables, trustIdInOrder(engine, query)).select('t.id');
}

/** Paused tokens are read by their own index. */
function trustIdInOrder(engine: Engine, { status }: TokenQuery): TrustId {
  return status === 'paused' ? trustIdOfOtherIndex(engine) : 't.trust_id';
}

/** Returns how a query tells exchanged tokens from others if another index leads to few tokens, or if none does. */
function trustIdOfOtherIndex(engine: Engine): TrustId {
  return engine.locksRows ? 't.trust_id' : "t.trust_id || ''";
}

/** Selects one page of the tokens that match, through the index that leads to few. */
function selectAnywhere(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  const { nameContains, status, expiringWithinMs, deniedWithinMs } = query;
  if (deniedWithinMs !== undefined) return selectDenied(knex, engine, query, deniedWithinMs);
  const tables = status === undefined ? withoutOwners : tokensFirst;
  if (nameContains !== undefined) return selectMatches(knex, engine, query, tables, trustIdOfOtherIndex(engine));
  if (expiringWithinMs !== undefined) return selectMatches(knex, engine, query, tables);
  if (status === 'expired') return selectExpired(knex, engine, query);
  if (status === undefined || status === 'active' || status === 'paused') {
    return selectMatches(knex, engine, query, tables, trustIdOfOtherIndex(engine));
  }
  return selectMatches(knex, engine, query, ownersFirst);
}

/** Selects one page of the tokens with denied requests, through the times of these. */
function selectDenied(knex: Knex, engine: Engine, query: TokenQuery, withinMs: number): Knex.QueryBuilder {
  // The times of the denied requests are conditions here already.
  const { deniedWithinMs: _, ...others } = query;
  const tables = query.status === undefined ? withoutOwners : tokensFirst;
  const denied = knex('denied_requests')
    .where('at', '>', query.now - withinMs)
    .select('token_id');
  return selectMatches(knex, engine, { ...others, canaries: false }, tables).whereIn('t.id', denied);
}

/**
 * Selects one page of the expired tokens. Reads the owners once, in one go, because looking one up for each of very many tokens
 * takes several times as long. The expression keeps SQLite from looking for the tokens of each owner.
 */
function selectExpired(knex: Knex, engine: Engine, { limit, before, ...query }: TokenQuery): Knex.QueryBuilder {
  const owners = knex('users AS u').select('u.id');
  whereOwnerAllows(owners, 'expired', query);
  const found = knex('tokens AS t').limit(limit);
  whereTokenHas(found, engine, 'expired', query);
  whereTimes(found, query, query.now);
  whereExchanged(found, query);
  whereNoCanary(found, query);
  if (before !== null) found.where('t.id', '<', before);
  return found.whereRaw("t.owner_id || '' IN ?", [owners]);
}

/**
 * Returns whether a page may contain tokens from all over the table. The tokens of one owner are few anyway, and an index has the
 * paused ones in the order of their IDs.
 */
function mayMatchFew(query: TokenQuery): boolean {
  const { ownerId, nameContains, status = 'active' } = query;
  const isInOrder = status === 'active' || status === 'paused';
  return ownerId === undefined && (nameContains !== undefined || !isInOrder || selectsByTimes(query));
}

/** Selects one page of the tokens that match. */
function selectMatches(
  knex: Knex,
  engine: Engine,
  query: TokenQuery,
  tables: string,
  trustId?: TrustId,
): Knex.QueryBuilder {
  const matches = knex.fromRaw(tables).limit(query.limit);
  if (tables !== withoutOwners) matches.whereRaw('u.id = t.owner_id');
  whereMatches(matches, engine, query, trustId);
  return matches;
}

/** Selects the ID of the oldest token that the first step reads. Exchanged tokens do not count unless the list has them. */
function selectOldestToRead(knex: Knex, query: TokenQuery): Knex.QueryBuilder {
  const newest = knex('tokens AS t').select('t.id').orderBy('t.id', 'desc').limit(maxRead);
  whereExchanged(newest, query);
  if (query.before !== null) newest.where('t.id', '<', query.before);
  return knex.from(newest.as('newest')).min('id');
}

/** Where the prefixes of values are, and the column with the ID of their token. */
const places = [
  ['tokens', 'id'],
  ['previous_values', 'token_id'],
  ['tombstones', 'token_id'],
] as const;

/** Returns the IDs of the tokens of which a value has or had this prefix. */
export async function idsByPrefix(knex: Knex, engine: Engine, prefix: string): Promise<string[]> {
  const parts = places.map(([table, id]) =>
    knex.select('id').from(
      knex(table)
        .select({ id })
        .whereRaw(`${engine.bytewise('prefix')} = ?`, prefix)
        .limit(20)
        .as('part'),
    ),
  );
  const [first, ...others] = parts;
  const all = (first as Knex.QueryBuilder).union(others).as('found');
  return knex.select('id').from(all).limit(20).pluck('id');
}
