import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { selectKnownIds } from '../known-tokens.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins } from '../token-rows.ts';
import { inHalves, ledByName } from './by-name.ts';
import { byNoIndex, selectNewestExpired } from './newest-tokens.ts';
import {
  findOldest,
  isFoundByName,
  mayMatchFew,
  selectIds,
  selectMatches,
  selectNewest,
  tokensFirst,
  trustIdInOrder,
} from './select-tokens.ts';
import { listSorted, type SortedQuery } from './sorted-list.ts';
import { whereIdIsOld } from './token-age.ts';
import { type LedQuery, selectsCanaries, whereExchanged } from './token-filter.ts';

/** How many of the newest tokens a search reads first. If fewer of them match than a page has, few enough match to find all. */
const maxRead = 3_000;
/** PostgreSQL would read the whole table to look up more IDs than this. */
const maxAmong = 1_000;

const withDetails = `${tokensFirst} ${tokenJoins}`;

/** Returns one page of tokens, newest first or in the order of a field. */
export async function listTokens(knex: Knex, engine: Engine, query: TokenQuery): Promise<TokenRow[]> {
  const { sort, among, knownTo } = query;
  if (sort !== undefined) return listInOrder(knex, engine, { ...query, sort });
  if (knownTo !== undefined) {
    const rows = knex.fromRaw(withDetails).whereRaw('u.id = t.owner_id').select(ownedTokenColumns);
    return rows.whereIn('t.id', selectKnownIds(knex, engine, query)).orderBy('t.id', 'desc');
  }
  if (among !== undefined) return inOrderOfIds(knex, engine, { ...query, among: pageOf(among, query) });
  return mayMatchFew(query) ? listNewest(knex, engine, query) : inOrderOfIds(knex, engine, query);
}

async function listInOrder(knex: Knex, engine: Engine, query: SortedQuery): Promise<TokenRow[]> {
  const { sort, among, knownTo, ...others } = query;
  const few = sort.few || knownTo !== undefined;
  const isLed = among !== undefined && !(engine.locksRows && among.length > maxAmong);
  const selected = { ...others, ...(knownTo !== undefined && { knownTo }), ...(isLed && { among }) };
  const led = few ? await ledByName(knex, engine, selected) : selected;
  return listSorted(knex, engine, { ...selected, sort: { ...sort, few } }, (page) =>
    selectIds(knex, engine, { ...led, ...page }),
  );
}

/** Returns the IDs of one page, newest first. */
function pageOf(ids: readonly string[], { before, limit }: TokenQuery): string[] {
  const after = ids.filter((id) => before === null || id < before);
  return after.sort().reverse().slice(0, limit);
}

/** Selects the tokens that match with all that a list shows, newest first. */
function inOrderOfIds(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  const rows = selectMatches(knex, engine, query, withDetails, trustIdInOrder(engine, query));
  return rows.select(ownedTokenColumns).orderBy('t.id', 'desc');
}

/**
 * Returns one page of tokens, newest first, of which few may match. The index on IDs yields them in this order, so that reading ends when the page
 * is full. But with a filter that few tokens match, all tokens would be read, a million perhaps. Therefore a search that
 * may match few tokens takes two steps:
 *
 * 1. Read only the newest tokens. If many match, they fill the page.
 * 2. Otherwise find all tokens that match, through their owners or through another index, and sort their IDs. Of the expired ones,
 *    which may be very many, first try the newest. PostgreSQL looks up the tokens of two halves of the owners at the same time.
 */
async function listNewest(knex: Knex, engine: Engine, query: TokenQuery): Promise<TokenRow[]> {
  const { limit } = query;
  const inOrder = inOrderOfIds(knex, engine, query);
  whereIdIsOld(inOrder, engine, query);
  // Canaries are so few that the newest tokens hold hardly any.
  const newest = selectsCanaries(query) ? null : await findNewest(knex, engine, query);
  if (newest !== null) {
    // Without an upper end, PostgreSQL would also read all newer tokens that the list leaves out.
    const recent: TokenRow[] = newest.ends === null ? [] : await inOrder.clone().whereBetween('t.id', newest.ends);
    if (recent.length === limit || newest.read < maxRead) return recent;
  }
  if (query.status === 'expired') {
    const likely: TokenRow[] = await inOrder.clone().whereIn('t.id', selectNewestExpired(knex, engine, query));
    if (likely.length === limit) return likely;
  }
  const oldest = await findOldest(knex, engine, query);
  if (oldest === null) return [];
  const led = await ledByName(knex, engine, query);
  const selected = await selectNewest(knex, engine, led, oldest);
  const parts = selected.map((part) => part.select('t.id').orderByRaw(byNoIndex(engine)));
  if (parts.length === 1) return inOrder.whereIn('t.id', parts[0] as Knex.QueryBuilder);
  const found: Array<Array<{ id: string }>> = await Promise.all(parts);
  const ids = found.flat().map(({ id }) => id);
  return inOrder.whereIn('t.id', pageOf(ids, query));
}

/** Returns how many tokens the first step reads, and the IDs of the oldest and the newest of them (null for an empty table). Counts exchanged tokens only if the list has them. */
async function findNewest(
  knex: Knex,
  engine: Engine,
  query: TokenQuery,
): Promise<{ ends: [oldest: string, latest: string] | null; read: number }> {
  const newest = knex('tokens AS t').select('t.id').orderBy('t.id', 'desc').limit(maxRead);
  whereExchanged(newest, query);
  whereIdIsOld(newest, engine, query);
  if (query.before !== null) newest.where('t.id', '<', query.before);
  const [found] = await knex.from(newest.as('newest')).min({ oldest: 'id' }).max({ latest: 'id' }).count({ read: '*' });
  const { oldest, latest, read } = found ?? {};
  return { ends: oldest && latest ? [oldest, latest] : null, read: Number(read) };
}

/** See `TokenStore.countUpTo`. */
export async function countTokens(
  knex: Knex,
  engine: Engine,
  query: Omit<TokenQuery, 'limit' | 'before'>,
  max: number,
): Promise<number> {
  const matches = selectIds(knex, engine, await ledByName(knex, engine, { ...query, limit: max, before: null }));
  const [row] = await knex.from(matches.as('matches')).count({ count: '*' });
  return Number(row?.count ?? 0);
}

/** See `TokenStore.idsUpTo`. */
export async function findIds(
  knex: Knex,
  engine: Engine,
  query: Omit<TokenQuery, 'limit' | 'before'>,
  max: number,
): Promise<{ total: number; ids: string[] | null }> {
  const all = { ...query, limit: max, before: null };
  if (query.knownTo !== undefined || !mayMatchFew(all)) {
    return { total: await countTokens(knex, engine, query, max), ids: null };
  }
  const isHalved = !engine.locksRows && isFoundByName(all);
  const parts = isHalved ? await inHalves(knex, all) : [await ledByName(knex, engine, all)];
  const found = await Promise.all(parts.map((part) => findPart(knex, engine, part, max)));
  const sum = found.reduce((total, part) => total + part.total, 0);
  if (sum >= max) return { total: max, ids: null };
  // A token that was renamed between the two halves can be in both.
  const ids = [...new Set(found.flatMap((part) => part.ids))];
  return { total: ids.length, ids };
}

/** Returns the number of tokens that match, and their IDs if they are fewer than `max`. */
async function findPart(
  knex: Knex,
  engine: Engine,
  query: LedQuery,
  max: number,
): Promise<{ total: number; ids: string[] }> {
  const few = knex.raw("CASE WHEN count(*) < ? THEN string_agg(id, ' ') END AS ids", [max]);
  const matches = selectIds(knex, engine, query).as('matches');
  const [row] = await knex.from(matches).count({ total: '*' }).select(few);
  const ids = String(row?.ids ?? '').split(' ');
  return { total: Number(row?.total ?? 0), ids: ids.filter((id) => id !== '') };
}
