import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { selectKnownIds } from '../known-tokens.ts';
import {
  findMiddleOwner,
  hasStatus,
  isOfRestricted,
  type StatusQuery,
  selectActive,
  selectByState,
  selectThroughOwners,
} from './by-owners.ts';
import { maxSample, oldestOfNewest } from './newest-tokens.ts';
import { type LedQuery, selectsByTimes, selectsCanaries, type TrustId, whereMatches } from './token-filter.ts';

const owners = 'users AS u';
/** Tokens `t` and their owners `u`. SQLite reads the tables of a CROSS JOIN in this order; PostgreSQL chooses the order. */
export const tokensFirst = `tokens AS t CROSS JOIN ${owners}`;
/** Tokens alone, for conditions that do not depend on the owner. */
const withoutOwners = 'tokens AS t';

/** Selects the IDs of the tokens that match, through the index that leads to them. */
export function selectIds(knex: Knex, engine: Engine, query: LedQuery): Knex.QueryBuilder {
  if (query.among !== undefined) {
    const tables = query.status === undefined ? withoutOwners : tokensFirst;
    return selectMatches(knex, engine, query, tables, trustIdOfOtherIndex(engine)).select('t.id');
  }
  if (query.knownTo !== undefined) return selectKnownIds(knex, engine, query);
  if (mayMatchFew(query)) return selectAnywhere(knex, engine, query).select('t.id');
  const tables = query.status === undefined ? withoutOwners : tokensFirst;
  const isPaused = hasStatus(query) && query.status === 'paused' && query.ownerId === undefined;
  if (isPaused && engine.locksRows) return selectByState(knex, engine, query).select('t.id');
  const isOfAll = query.status === 'active' && query.ownerId === undefined;
  if (isOfAll && engine.locksRows && isCovered(query)) return selectActive(knex, engine, query).select('t.id');
  const indexed = isOfAll && !engine.locksRows ? `${inListed(query)} CROSS JOIN ${owners}` : tables;
  return selectMatches(knex, engine, query, indexed, trustIdInOrder(engine, query)).select('t.id');
}

/** Returns whether the indexes of PostgreSQL on times of expiry have every column that a query for active tokens compares. */
function isCovered(query: TokenQuery): query is StatusQuery {
  return hasStatus(query) && query.idleBefore === undefined && !query.exchanged;
}

/** Paused tokens are read by their own index. */
export function trustIdInOrder(engine: Engine, { status }: TokenQuery): TrustId {
  return status === 'paused' ? trustIdOfOtherIndex(engine) : 't.trust_id';
}

/** Returns how a query tells exchanged tokens from others if another index leads to few tokens, or if none does. */
function trustIdOfOtherIndex(engine: Engine): TrustId {
  return engine.locksRows ? 't.trust_id' : "t.trust_id || ''";
}

/** Selects one page of the tokens that match, through the index that leads to few. */
function selectAnywhere(knex: Knex, engine: Engine, query: LedQuery): Knex.QueryBuilder {
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
function selectDenied(knex: Knex, engine: Engine, query: LedQuery, withinMs: number): Knex.QueryBuilder {
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

/**
 * Returns a lower bound for the IDs on the first page: every token on it is as new as the returned one, or newer. Returns null if there is no such
 * bound, and undefined unless the query finds tokens through their owners.
 */
export async function findOldest(knex: Knex, engine: Engine, query: LedQuery): Promise<string | null | undefined> {
  const { deniedWithinMs, nameContains, expiringWithinMs } = query;
  const isLedElsewhere = (deniedWithinMs ?? nameContains ?? expiringWithinMs) !== undefined || isRelated(query);
  if (!isOfRestricted(query) || isLedElsewhere || selectsCanaries(query)) return undefined;
  const sample = selectThroughOwners(knex, engine, { ...query, limit: maxSample }).select('t.id');
  const [row] = await knex.select({ oldest: oldestOfNewest(knex, engine, sample, query.limit) });
  return row.oldest;
}

/**
 * Selects one page of the newest tokens that match, through the index that leads to few. Returns several queries if each of them selects the tokens
 * of a part of the owners, so that they can run at the same time. `oldest` is what `findOldest` returned.
 */
export async function selectNewest(
  knex: Knex,
  engine: Engine,
  query: LedQuery,
  oldest: string | undefined,
): Promise<Knex.QueryBuilder[]> {
  if (oldest === undefined || !isOfRestricted(query)) return [selectAnywhere(knex, engine, query)];
  const middle = engine.locksRows ? await findMiddleOwner(knex) : null;
  const selected = () => selectThroughOwners(knex, engine, query, oldest);
  return middle === null
    ? [selected()]
    : ['<', '>='].map((compare) => selected().whereRaw(`u.id ${compare} ?`, middle));
}

/** Selects one page of the tokens by a part of their names. SQLite reads the names in an index, which is smaller than the table. */
function selectByName(knex: Knex, engine: Engine, query: LedQuery, tables: string): Knex.QueryBuilder {
  if (engine.locksRows) return selectMatches(knex, engine, query, tables);
  const { nameContains = '', ...others } = query;
  const index = query.exchanged ? 'tokens_name_index' : 'tokens_listed_name_index';
  const names = `tokens AS n INDEXED BY ${index}`;
  const named = selectMatches(knex, engine, others, `${names} CROSS JOIN ${tables}`, trustIdOfOtherIndex(engine));
  if (!query.exchanged) named.whereRaw('n.trust_id IS NULL');
  if (query.names !== undefined) named.whereRaw(`n.name_folded ${query.names[0]} ?`, query.names[1]);
  return named.whereRaw('t.rowid = n.rowid').whereRaw(engine.contains('n.name_folded'), nameContains);
}

/** Returns whether a query finds tokens by a part of their names, because nothing else leads to few tokens. */
export function isFoundByName(query: TokenQuery): boolean {
  const { nameContains, ownerId, knownTo, among, deniedWithinMs } = query;
  const isLed = [ownerId, knownTo, among, deniedWithinMs].some((value) => value !== undefined);
  return nameContains !== undefined && !isLed && !isRelated(query) && !selectsCanaries(query);
}

/**
 * Returns whether a page may contain tokens from all over the table. The tokens of one owner are few anyway, and an index has the
 * paused ones in the order of their IDs.
 */
export function mayMatchFew(query: TokenQuery): boolean {
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
export function selectMatches(
  knex: Knex,
  engine: Engine,
  query: LedQuery,
  tables: string,
  trustId?: TrustId,
): Knex.QueryBuilder {
  const matches = knex.fromRaw(tables).limit(query.limit);
  if (tables.includes(owners)) matches.whereRaw('u.id = t.owner_id');
  whereMatches(matches, engine, query, trustId);
  return matches;
}
