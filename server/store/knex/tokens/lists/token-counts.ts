import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { StatusContext } from '../../../records.ts';
import type { TokenFilter } from '../../../token-filter.ts';
import { whereOwnerAllows, whereTokenHas } from '../status-condition.ts';
import { whereCanaries, whereExchanged, whereFilter, whereTimes } from './token-filter.ts';

/** See `TokenStore.countMatching`. */
export async function countMatching(
  knex: Knex,
  engine: Engine,
  filters: readonly TokenFilter[],
  context: StatusContext,
  sliceSize: number,
): Promise<number[]> {
  // Looking up the owners of a million tokens one by one takes SQLite ten seconds.
  const tables = engine.locksRows ? 'tokens AS t JOIN users AS u ON u.id = t.owner_id' : 'tokens AS t';
  const columns = filters.map((filter, index) => {
    const { condition, bindings } = conditionOf(knex, engine, filter, context);
    return knex.raw(`count(CASE WHEN ${condition} THEN 1 END) AS count${index}`, bindings);
  });
  const counts = filters.map(() => 0);
  for (let after: string | null = ''; after !== null; ) {
    const last = await lastOfSlice(knex, after, sliceSize);
    const slice = knex.fromRaw(tables).where('t.id', '>', after);
    if (last !== null) slice.where('t.id', '<=', last);
    const [row] = await slice.select(columns);
    for (const index of counts.keys()) counts[index] = (counts[index] ?? 0) + Number(row[`count${index}`]);
    after = last;
  }
  return counts;
}

/** Returns the ID of the token at the end of a slice, or null if the table ends first. */
async function lastOfSlice(knex: Knex, after: string, size: number): Promise<string | null> {
  const last = knex('tokens').select('id').where('id', '>', after).orderBy('id');
  const [row] = await last.limit(1).offset(size - 1);
  return row?.id ?? null;
}

const beforeCondition = 'select 1 where ';

/** Returns the condition of a filter as SQL: the same one as in lists, so that a count is the length of its list. */
function conditionOf(
  knex: Knex,
  engine: Engine,
  filter: TokenFilter,
  context: StatusContext,
): { condition: string; bindings: Knex.RawBinding[] } {
  const selected = knex.select(knex.raw('1')).whereRaw('1 = 1');
  if (engine.locksRows || filter.status === undefined) {
    whereFilter(selected, engine, filter, context);
  } else {
    const owners = knex('users AS u').select('u.id');
    whereOwnerAllows(owners, filter.status, context);
    selected.whereRaw('t.owner_id IN ?', [owners]);
    whereTokenHas(selected, engine, filter.status, context);
    whereTimes(selected, filter, context.now);
    whereExchanged(selected, filter);
    whereCanaries(selected, filter);
  }
  const { sql, bindings } = selected.toSQL();
  return { condition: sql.slice(beforeCondition.length), bindings: bindings as Knex.RawBinding[] };
}
