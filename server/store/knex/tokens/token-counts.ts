import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { StatusContext } from '../../records.ts';
import type { TokenFilter } from '../../token-filter.ts';
import { whereFilter } from './token-filter.ts';

/** How many tokens a statement reads. One statement for a million tokens would keep other reads of SQLite waiting. */
const sliceSize = 2_000;

/** See `TokenStore.countMatching`. */
export async function countMatching(
  knex: Knex,
  engine: Engine,
  filters: readonly TokenFilter[],
  context: StatusContext,
): Promise<number[]> {
  const counts = filters.map(() => 0);
  // The same conditions as in lists, so that a count is the length of its list.
  const columns = filters.map((filter, index) => {
    const isSelected = knex.select(knex.raw('1')).where((token) => whereFilter(token, engine, filter, context));
    return knex.raw(`count(CASE WHEN EXISTS ? THEN 1 END) AS count${index}`, [isSelected]);
  });
  for (let after = ''; ; ) {
    const slice = knex('tokens').where('id', '>', after).orderBy('id').limit(sliceSize).as('t');
    const [row] = await knex
      .from(slice)
      .joinRaw('JOIN users AS u ON u.id = t.owner_id')
      .select(columns)
      .count({ read: '*' })
      .max({ last: 't.id' });
    for (const index of counts.keys()) counts[index] = (counts[index] ?? 0) + Number(row[`count${index}`]);
    if (Number(row.read) < sliceSize) return counts;
    after = String(row.last);
  }
}
