import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TokenQuery } from '../../interfaces/tokens.ts';
import { whereOwnerAllows, whereStatus, whereTokenHas } from './status-condition.ts';
import { ownedTokenColumns, previousValueJoin, type TokenRow } from './token-rows.ts';

/** How many of the newest tokens a search reads first. */
const maxRead = 10_000;

/** Tokens `t` and their owners `u`. SQLite reads the tables of a CROSS JOIN in this order; PostgreSQL chooses the order. */
const tokensFirst = 'tokens AS t CROSS JOIN users AS u';
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
  const { limit, before } = query;
  const inOrder = selectMatches(knex, engine, query, `${tokensFirst} ${previousValueJoin}`)
    .select(ownedTokenColumns)
    .orderBy('t.id', 'desc');
  if (!mayMatchFew(query)) return inOrder;
  const recent: TokenRow[] = await inOrder.clone().where('t.id', '>=', selectOldestToRead(knex, before));
  if (recent.length === limit) return recent;
  // An expression, because the index on IDs would otherwise yield all tokens in their order.
  const ids = selectAnywhere(knex, engine, query).select('t.id').orderByRaw("t.id || '' DESC");
  return inOrder.whereIn('t.id', ids);
}

/** Selects one page of the tokens that match, through the index that leads to few. */
function selectAnywhere(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  if (query.nameContains !== undefined) return selectMatches(knex, engine, query, tokensFirst);
  if (query.status === 'expired' || query.status === 'paused') return selectByIndex(knex, engine, query, query.status);
  return selectMatches(knex, engine, query, ownersFirst);
}

/**
 * Selects one page of the tokens with a status that has an index. Reads the owners once, in one go, because looking one up
 * for each of very many tokens takes several times as long. The expression keeps SQLite from looking for the tokens of each owner.
 */
function selectByIndex(
  knex: Knex,
  engine: Engine,
  { limit, before, ...context }: TokenQuery,
  status: 'expired' | 'paused',
): Knex.QueryBuilder {
  const owners = knex('users AS u').select('u.id');
  whereOwnerAllows(owners, status, context);
  const found = knex('tokens AS t').limit(limit);
  whereTokenHas(found, engine, status, context);
  if (before !== null) found.where('t.id', '<', before);
  return found.whereRaw("t.owner_id || '' IN ?", [owners]);
}

/** Returns whether a page may contain tokens from all over the table. The tokens of one owner are few anyway. */
function mayMatchFew({ ownerId, nameContains, status = 'active' }: TokenQuery): boolean {
  return ownerId === undefined && (nameContains !== undefined || status !== 'active');
}

/** Selects one page of the tokens that match. */
function selectMatches(
  knex: Knex,
  engine: Engine,
  { limit, before, ownerId, nameContains, status, ...statusContext }: TokenQuery,
  tables: string,
): Knex.QueryBuilder {
  const matches = knex.fromRaw(tables).whereRaw('u.id = t.owner_id').limit(limit);
  if (before !== null) matches.where('t.id', '<', before);
  if (ownerId !== undefined) matches.where('t.owner_id', ownerId);
  if (nameContains !== undefined) matches.whereRaw(engine.contains('t.name_folded'), nameContains);
  if (status !== undefined) matches.where((row) => whereStatus(row, engine, status, statusContext));
  return matches;
}

/** Selects the ID of the oldest token that the first step reads. */
function selectOldestToRead(knex: Knex, before: string | null): Knex.QueryBuilder {
  const newest = knex('tokens').select('id').orderBy('id', 'desc').limit(maxRead);
  if (before !== null) newest.where('id', '<', before);
  return knex.from(newest.as('newest')).min('id');
}
