import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import { type LedQuery, whereExchanged } from './token-filter.ts';

/** The share of all tokens, in percent, whose names are read to learn how frequent a part is. PostgreSQL reads whole pages of the table. */
const sampledPercent = 0.3;
/** If more of the sampled names have all parts, reading the tokens one after the other soon finds enough of them. */
const maxShare = 0.05;

/** Maximum number of characters of the parts in the index. Must equal the one in migration `0031-name-parts`. */
const partLength = 3;

/**
 * Returns the query with the parts of names that lead to the tokens it selects, on PostgreSQL. If too many names have them, returns it unchanged: the index
 * always finds all tokens with a part, however few a page needs.
 */
export async function ledByName(knex: Knex, engine: Engine, query: LedQuery): Promise<LedQuery> {
  const { nameContains, ownerId, knownTo, among } = query;
  const isLedElsewhere = [ownerId, knownTo, among].some((value) => value !== undefined);
  if (!engine.locksRows || nameContains === undefined || isLedElsewhere) return query;
  const nameParts = partsOf(nameContains);
  const haveAll = nameParts.map(() => 'strpos(name_folded, ?) > 0').join(' AND ');
  const [sample] = await knex
    .select(knex.raw(`count(*) AS read, count(*) FILTER (WHERE ${haveAll}) AS found`, nameParts))
    .fromRaw(`tokens TABLESAMPLE SYSTEM (${sampledPercent}) REPEATABLE (1)`);
  return Number(sample.found) > maxShare * Number(sample.read) ? query : { ...query, nameParts };
}

/** Where in the table SQLite reads the names of which it takes the middle one. 0 is its beginning, and 1 is its end. */
const samplePlaces = Array.from({ length: 63 }, (_, index) => (index + 0.5) / 63);

/**
 * Returns two queries, each of which selects what a query selects among about half of all names, on SQLite. Two connections can read all names in
 * half the time. Each reads a state of the database of its own: a token that is renamed between the two can be found by both or by neither.
 */
export async function inHalves(knex: Knex, query: LedQuery): Promise<LedQuery[]> {
  const place = 'SELECT rowid FROM tokens WHERE rowid >= (SELECT max(rowid) FROM tokens) * place.value LIMIT 1';
  const sample: Knex.QueryBuilder = knex
    .from(knex.raw('json_each(?) AS place CROSS JOIN tokens AS t', [JSON.stringify(samplePlaces)]))
    .whereRaw(`t.rowid = (${place})`);
  whereExchanged(sample, query, "t.trust_id || ''");
  const names: string[] = await sample.orderBy('t.name_folded').pluck('t.name_folded');
  const middle = names[names.length >> 1] ?? '';
  return (['<', '>='] as const).map((compare) => ({ ...query, names: [compare, middle] }));
}

/** Returns parts of a text that together have all of its characters, each as long as the index has them. */
function partsOf(text: string): string[] {
  const characters = [...text];
  const last = Math.max(0, characters.length - partLength);
  const starts = [...characters.keys()].filter((start) => start % partLength === 0 && start < last);
  return [...new Set([...starts, last].map((start) => characters.slice(start, start + partLength).join('')))];
}
