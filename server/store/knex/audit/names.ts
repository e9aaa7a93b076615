import type { Knex } from 'knex';
import type { AuditStore } from '../../interfaces/audit.ts';

/** How many events of a name are read from each end of the log. */
const maxEvents = 1_000;

/** Returns the IDs of different targets that events call by one of these names. See `AuditStore.idsNamed`. */
export async function idsNamed(
  knex: Knex,
  ...[names, kinds, limit]: Parameters<AuditStore['idsNamed']>
): Promise<string[]> {
  const ends = [...new Set(names)].flatMap((name) =>
    ['desc', 'asc'].map((order) => {
      const events = knex('audit').where('target_name', name).orderBy('id', order).limit(maxEvents);
      return knex
        .select('target_id')
        .from(events.select('target_id', 'target_kind').as('named'))
        .whereIn('target_kind', kinds);
    }),
  );
  const [first, ...others] = ends;
  if (first === undefined) return [];
  const ids: string[] = await knex.from(first.unionAll(others).as('ids')).whereNotNull('target_id').pluck('target_id');
  return [...new Set(ids)].sort().reverse().slice(0, limit);
}
