import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import { lockPosition, movePosition } from '../notifications/positions.ts';

/** The column of a new event. Its position follows after its commit. */
export const waiting = { position: 0 } as const;

const job = 'audit-order';

/**
 * Gives positions to committed events, in the order of their IDs. The lock makes the readers of several nodes take turns, so
 * that the events of one turn are visible before the next turn begins. An event that commits later gets a higher position.
 */
export async function assignPositions(knex: Knex, engine: Engine, limit: number): Promise<number> {
  // Most of the time, no event waits, and no lock is needed.
  const next = (await knex('audit').whereRaw('position = 0').first('id')) ?? (await selectUnnumbered(knex).first('id'));
  if (next === undefined) return 0;
  return knex.transaction(async (trx) => {
    const last = await lockPosition(trx, job, 0);
    await trx('audit').whereIn('id', selectUnnumbered(trx).orderBy('id').limit(limit)).update(waiting);
    const numbered = engine.rows(
      await trx.raw(
        `UPDATE audit SET position = CAST(? AS bigint) + next.number
          FROM (SELECT id, row_number() OVER (ORDER BY id) AS number
            FROM (SELECT id FROM audit WHERE position = 0 ORDER BY id LIMIT ?) AS waiting) AS next
          WHERE audit.id = next.id RETURNING audit.id`,
        [last.at, limit],
      ),
    );
    if (numbered.length > 0) await movePosition(trx, { ...last, at: last.at + numbered.length });
    return numbered.length;
  });
}

/**
 * Selects events without a position that are newer than the first one with a position. The release before positions wrote them to SQLite, because somebody
 * went back to it for a while.
 */
function selectUnnumbered(knex: Knex): Knex.QueryBuilder {
  const first = knex('audit').select('id').whereRaw('position > 0').orderBy('position').limit(1);
  return knex('audit').select('id').whereRaw('position IS NULL').where('id', '>', first);
}
