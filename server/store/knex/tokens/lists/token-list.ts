import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { selectKnownIds } from '../known-tokens.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins } from '../token-rows.ts';
import { hasStatus, isOfRestricted, selectByState, selectThroughOwners } from './by-owners.ts';
import { byNoIndex, maxSample, oldestOfNewest, selectNewestExpired } from './newest-tokens.ts';
import { listSorted } from './sorted-list.ts';
import { whereIdIsOld } from './token-age.ts';
import { selectsByTimes, selectsCanaries, type TrustId, whereExchanged, whereMatches } from './token-filter.ts';

/** How many of the newest tokens a search reads first. If fewer of them match than a page has, few enough match to find all. */
const maxRead = 3_000;

const owners = 'users AS u';
/** Tokens `t` and their owners `u`. SQLite reads the tables of a CROSS JOIN in this order; PostgreSQL chooses the order. */
const tokensFirst = `tokens AS t CROSS JOIN ${owners}`;
/** Tokens alone, for conditions that do not depend on the owner. */
const withoutOwners = 'tokens AS t';

/**
 * Returns one page of tokens, newest first. The index on IDs yields them in this order, so that reading ends when the page
 * is full. But with a filter that few tokens match, all tokens would be read, a million perhaps. Therefore a search that
 * may match few tokens takes two steps:
 *
 * 1. Read only the newest tokens. If many match, they fill the page.
 * 2. Otherwise find all tokens that match, through their owners or through another index, and sort their IDs. Of the expired ones,
 *    which may be very many, first try the newest.
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
  whereIdIsOld(inOrder, engine, query);
  // Canaries are so few that the newest tokens hold hardly any.
  const newest = selectsCanaries(query) ? null : await findNewest(knex, engine, query);
  if (newest !== null) {
    const recent: TokenRow[] = newest.oldest === null ? [] : await inOrder.clone().where('t.id', '>=', newest.oldest);
    if (recent.length === limit || newest.read < maxRead) return recent;
  }
  if (query.status === 'expired') {
    const likely: TokenRow[] = await inOrder.clone().whereIn('t.id', selectNewestExpired(knex, engine, query));
    if (likely.length === limit) return likely;
  }
  const ids = selectNewest(knex, engine, query).select('t.id').orderByRaw(byNoIndex(engine));
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
  const isPaused = hasStatus(query) && query.status === 'paused' && query.ownerId === undefined;
  if (isPaused && engine.locksRows) return selectByState(knex, engine, query).select('t.id');
  const isOfAll = query.status === 'active' && query.ownerId === undefined && !engine.locksRows;
  const indexed = isOfAll ? `${inListed(query)} CROSS JOIN ${owners}` : tables;
  return selectMatches(knex, engine, query, indexed, trustIdInOrder(engine, query)).select('t.id');
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
  if (isRelated(query) || selectsCanaries(query))
    return selectMatches(knex, engine, query, tables, trustIdOfOtherIndex(engine));
  if (nameContains !== undefined) return selectByName(knex, engine, query, tables);
  const isOfState = hasStatus(query) && (status === 'expired' || expiringWithinMs !== undefined);
  if (isOfState && engine.locksRows) return selectByState(knex, engine, query);
  if (isOfState || expiringWithinMs !== undefined) return selectMatches(knex, engine, query, tables);
  if (!hasStatus(query) || status === 'active' || status === 'paused') {
    return selectMatches(knex, engine, query, tables, trustIdOfOtherIndex(engine));
  }
  return selectThroughOwners(knex, engine, query);
}

/** Selects one page of the tokens with denied requests, through the times of these. */
function selectDenied(knex: Knex, engine: Engine, query: TokenQuery, withinMs: number): Knex.QueryBuilder {
  // The times of the denied requests are conditions here already.
  const { deniedWithinMs: _, canaries = false, ...others } = query;
  const since = query.now - withinMs;
  const selected = { ...others, canaries };
  if (engine.locksRows) {
    const tables = query.status === undefined ? withoutOwners : tokensFirst;
    const denied = knex('denied_requests').where('at', '>', since).select('token_id');
    return selectMatches(knex, engine, selected, tables).whereIn('t.id', denied);
  }
  // SQLite would first read all of these requests, and then look for the tokens.
  const lookUp = `CROSS JOIN ${inListed(query)} ${query.status === undefined ? '' : `CROSS JOIN ${owners}`}`;
  const byTime = knex.fromRaw('denied_requests INDEXED BY denied_requests_token_index').where('at', '>', since);
  const matches = knex.from(byTime.distinct('token_id').as('recent')).joinRaw(lookUp).limit(query.limit);
  matches.whereRaw('t.id = recent.token_id');
  if (query.status !== undefined) matches.whereRaw('u.id = t.owner_id');
  whereMatches(matches, engine, selected);
  return matches;
}

/** Tokens `t` on SQLite, which would otherwise choose an index that has fewer of their columns, and then read the table. */
function inListed({ exchanged }: TokenQuery): string {
  return exchanged ? withoutOwners : `${withoutOwners} INDEXED BY tokens_listed_state_index`;
}

/** Selects one page of the newest tokens that match, through the index that leads to few. */
function selectNewest(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  const { deniedWithinMs, nameContains, expiringWithinMs } = query;
  const isLedElsewhere = (deniedWithinMs ?? nameContains ?? expiringWithinMs) !== undefined || isRelated(query);
  if (!isOfRestricted(query) || isLedElsewhere || selectsCanaries(query)) return selectAnywhere(knex, engine, query);
  const sample = selectThroughOwners(knex, engine, { ...query, limit: maxSample }).select('t.id');
  return selectThroughOwners(knex, engine, query, oldestOfNewest(knex, engine, sample, query.limit));
}

/** Selects one page of the tokens by a part of their names. SQLite reads the names in their index, which is smaller than the table. */
function selectByName(knex: Knex, engine: Engine, query: TokenQuery, tables: string): Knex.QueryBuilder {
  if (engine.locksRows) return selectMatches(knex, engine, query, tables);
  const { nameContains = '', ...others } = query;
  const named = selectMatches(knex, engine, others, `tokens AS n CROSS JOIN ${tables}`, trustIdOfOtherIndex(engine));
  return named.whereRaw('t.id = n.id').whereRaw(engine.contains('n.name_folded'), nameContains);
}

/**
 * Returns whether a page may contain tokens from all over the table. The tokens of one owner are few anyway, and an index has the
 * paused ones in the order of their IDs.
 */
function mayMatchFew(query: TokenQuery): boolean {
  const { ownerId, nameContains, status = 'active' } = query;
  const isInOrder = status === 'active' || status === 'paused';
  const isFew =
    nameContains !== undefined || isRelated(query) || !isInOrder || selectsByTimes(query) || selectsCanaries(query);
  return ownerId === undefined && isFew;
}

/** Returns whether the tokens are those of an app or of a trust, to which an index leads. */
function isRelated({ appId, trustId }: TokenQuery): boolean {
  return (appId ?? trustId) !== undefined;
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
  if (tables.includes(owners)) matches.whereRaw('u.id = t.owner_id');
  whereMatches(matches, engine, query, trustId);
  return matches;
}

/** Returns how many tokens the first step reads, and the ID of the oldest. Exchanged tokens do not count unless the list has them. */
async function findNewest(
  knex: Knex,
  engine: Engine,
  query: TokenQuery,
): Promise<{ oldest: string | null; read: number }> {
  const newest = knex('tokens AS t').select('t.id').orderBy('t.id', 'desc').limit(maxRead);
  whereExchanged(newest, query);
  whereIdIsOld(newest, engine, query);
  if (query.before !== null) newest.where('t.id', '<', query.before);
  const [found] = await knex.from(newest.as('newest')).min({ oldest: 'id' }).count({ read: '*' });
  return { oldest: found?.oldest ?? null, read: Number(found?.read) };
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

/** Returns the IDs of the newest tokens of all owners with this folded name. */
export function idsByName(knex: Knex, engine: Engine, nameFolded: string, limit: number): Promise<string[]> {
  const named = knex('tokens').whereRaw(`${engine.bytewise('name_folded')} = ?`, nameFolded);
  return named.orderBy('id', 'desc').limit(limit).pluck('id');
}
