import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import type { TokenSort } from '../../../token-filter.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins } from '../token-rows.ts';
import { whereMatches } from './token-filter.ts';

const details = `CROSS JOIN users AS u ${tokenJoins}`;
const withDetails = `tokens AS t ${details}`;

/** A query with a sort order. */
export type SortedQuery = TokenQuery & { sort: TokenSort };

/**
 * Returns one page of tokens in the order of a field, and of their IDs where the field is equal. Tokens without the field come last.
 *
 * If few tokens match, finds all of them and sorts their IDs. Otherwise reads an index in its order until the page is full: many tokens
 * match, so reading them soon ends. Of paused tokens, an index in each order has no others.
 */
export async function listSorted(
  knex: Knex,
  engine: Engine,
  query: SortedQuery,
  selectIds: (query: TokenQuery) => Knex.QueryBuilder,
): Promise<TokenRow[]> {
  const { sort, limit } = query;
  if (sort.few && !(sort.by !== 'last_used' && isPausedOnly(query))) return listFew(knex, engine, query, selectIds);
  if (sort.by === 'created' || sort.by === 'name') return walk(knex, engine, query, 'all', limit);
  const withField = sort.after?.key === null ? [] : await walk(knex, engine, query, 'with', limit);
  if (withField.length === limit) return withField;
  // The tokens without the field begin after the last one that has it.
  const after = sort.after?.key === null ? sort.after : null;
  const rest = { ...query, sort: { ...sort, after } };
  return [...withField, ...(await walk(knex, engine, rest, 'without', limit - withField.length))];
}

/** Sorts all tokens that match. */
async function listFew(
  knex: Knex,
  engine: Engine,
  query: SortedQuery,
  selectIds: (query: TokenQuery) => Knex.QueryBuilder,
): Promise<TokenRow[]> {
  const { sort, limit } = query;
  const matches = selectIds({ ...query, limit: maxFew, before: null });
  // With their keys, because PostgreSQL would read the whole table to look up those of so many IDs.
  const found: Knex.QueryBuilder =
    query.knownTo === undefined
      ? knex.from(matches.select(keyColumns).as('m'))
      : knex('tokens AS m').whereIn('m.id', matches);
  const page = found.select('m.id').limit(limit);
  whereAfter(page, engine, sort);
  const rows = knex.fromRaw(withDetails).whereRaw('u.id = t.owner_id').select(ownedTokenColumns);
  return inOrder(rows.whereIn('t.id', inOrder(page, engine, sort, 'm')), engine, sort, 't');
}

const keyColumns = ['t.name_folded', 't.expires_at', 't.last_used_at', 't.previous_used_at'];

/** How many tokens are few enough to sort them. */
export const maxFew = 10_000;

/** Reads tokens in the order of an index: all, or only those with or without the field. */
function walk(
  knex: Knex,
  engine: Engine,
  query: SortedQuery,
  which: 'all' | 'with' | 'without',
  limit: number,
): Promise<TokenRow[]> {
  const rows = knex.fromRaw(tablesInOrder(engine, query)).whereRaw('u.id = t.owner_id').select(ownedTokenColumns);
  if (isByExpiry(query) && engine.locksRows) {
    const ids = knex('tokens AS t').select('t.id');
    rows.whereIn('t.id', takeInOrder(ids, engine, query, which).limit(limit));
  }
  return takeInOrder(rows, engine, query, which).limit(limit);
}

/** Returns whether the indexes in each order have all columns of a query's conditions, unless it has rarer ones, too. */
function isByExpiry({ expiringWithinMs, status, ownerId }: SortedQuery): boolean {
  return expiringWithinMs !== undefined && status === undefined && ownerId === undefined;
}

/** Restricts a query on a token `t` to those that match after the page before, and sorts it in the order of an index. */
function takeInOrder(
  rows: Knex.QueryBuilder,
  engine: Engine,
  { sort, ...filter }: SortedQuery,
  which: 'all' | 'with' | 'without',
): Knex.QueryBuilder {
  whereMatches(rows, engine, { ...filter, before: null });
  if (which === 'without') return inOrderOfIds(rows.whereNull('t.expires_at'), sort);
  if (sort.by === 'created') return inOrderOfIds(rows, sort);
  if (which === 'with') rows.whereNotNull('t.expires_at');
  const worksNow = filter.status === 'active' || filter.status === 'idle';
  // Otherwise reading would begin with the expired tokens, of which none matches.
  if (which === 'with' && worksNow) rows.where('t.expires_at', '>', filter.now);
  const key = keyOf(engine, sort.by);
  const [compare, direction] = sort.descending ? ['<', 'DESC'] : ['>', 'ASC'];
  if (sort.after !== null) rows.whereRaw(`(${key}, t.id) ${compare} (?, ?)`, [sort.after.key, sort.after.id]);
  return rows.orderByRaw(`${key} ${direction}, t.id ${direction}`);
}

/** SQLite, which has no statistics, would find tokens by the times of a filter and sort all of them, hundreds of thousands perhaps. */
function tablesInOrder({ locksRows }: Engine, query: SortedQuery): string {
  const { sort, ownerId } = query;
  if (locksRows || ownerId !== undefined) return withDetails;
  if (isPausedOnly(query)) {
    const index = { name: 'paused_name', expires: 'paused_until', created: 'paused_state', last_used: 'paused_state' };
    return `tokens AS t INDEXED BY tokens_${index[sort.by]}_index ${details}`;
  }
  return sort.by === 'name' ? `tokens AS t INDEXED BY tokens_name_index ${details}` : withDetails;
}

/** Returns whether a query selects the paused tokens of all owners, and perhaps fewer by their times. */
function isPausedOnly({ status, ownerId, appId, trustId, knownTo, nameContains }: TokenQuery): boolean {
  return status === 'paused' && [ownerId, appId, trustId, knownTo, nameContains].every((value) => value === undefined);
}

function inOrderOfIds(rows: Knex.QueryBuilder, { descending, after }: TokenSort): Knex.QueryBuilder {
  if (after !== null) rows.where('t.id', descending ? '<' : '>', after.id);
  return rows.orderBy('t.id', descending ? 'desc' : 'asc');
}

/** Returns the expression of a field of the tokens in `table`. */
function keyOf(engine: Pick<Engine, 'bytewise' | 'greatest'>, by: TokenSort['by'], table = 't'): string {
  switch (by) {
    case 'name':
      return engine.bytewise(`${table}.name_folded`);
    case 'expires':
      return `${table}.expires_at`;
    case 'created':
      return 'NULL';
    case 'last_used': {
      const times = ['last_used_at', 'previous_used_at'].map((column) => `COALESCE(${table}.${column}, 0)`);
      return `NULLIF(${engine.greatest(times)}, 0)`;
    }
  }
}

/** Restricts a query of tokens `m` to those after a page, of which some may lack the field. */
function whereAfter(query: Knex.QueryBuilder, engine: Engine, { by, descending, after }: TokenSort): void {
  if (after === null) return;
  const compare = descending ? '<' : '>';
  if (by === 'created') {
    query.where('m.id', compare, after.id);
    return;
  }
  const key = keyOf(engine, by, 'm');
  if (after.key === null) query.whereRaw(`${key} IS NULL AND m.id ${compare} ?`, [after.id]);
  else query.whereRaw(`(${key} IS NULL OR (${key}, m.id) ${compare} (?, ?))`, [after.key, after.id]);
}

function inOrder(
  query: Knex.QueryBuilder,
  engine: Engine,
  { by, descending }: TokenSort,
  table: 't' | 'm',
): Knex.QueryBuilder {
  const direction = descending ? 'DESC' : 'ASC';
  // An expression, so that no index yields all tokens in their order.
  if (by === 'created') return query.orderByRaw(`${table}.id || '' ${direction}`);
  const key = keyOf(engine, by, table);
  return query.orderByRaw(`CASE WHEN ${key} IS NULL THEN 1 ELSE 0 END, ${key} ${direction}, ${table}.id ${direction}`);
}
