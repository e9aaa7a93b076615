import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { StatusContext } from '../../records.ts';
import type { TokenFilter } from '../../token-filter.ts';
import { whereFilter } from './token-filter.ts';

/**
 * How many tokens a statement counts. On SQLite, other reads wait for a statement, so it must be short. PostgreSQL reads all
 * owners for each statement.
 */
const sliceSizes = { sqlite: 2_000, postgres: 50_000 };

/** See `TokenStore.countMatching`. */
export async function countMatching(
  knex: Knex,
  engine: Engine,
  filters: readonly TokenFilter[],
  context: StatusContext,
): Promise<number[]> {
  const sliceSize = engine.locksRows ? sliceSizes.postgres : sliceSizes.sqlite;
  const columns = filters.map((filter, index) => {
    const { condition, bindings } = conditionOf(knex, engine, filter, context);
    return knex.raw(`count(CASE WHEN ${condition} THEN 1 END) AS count${index}`, bindings);
  });
  const counts = filters.map(() => 0);
  for (let after: string | null = ''; after !== null; ) {
    const last = await lastOfSlice(knex, after, sliceSize);
    const slice = knex.fromRaw('tokens AS t CROSS JOIN users AS u').whereRaw('u.id = t.owner_id');
    slice.where('t.id', '>', after);
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
  whereFilter(selected, engine, filter, context);
  const { sql, bindings } = selected.toSQL();
  return { condition: sql.slice(beforeCondition.length), bindings: bindings as Knex.RawBinding[] };
}
