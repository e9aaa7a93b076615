import type { Engine } from '../../../engine/engine.ts';
import { batchesOf } from '../../table-digest.ts';
import type { Witness } from '../history.ts';

/**
 * Adds the values that were reported as leaked after the backup was made, so that nobody is told of them again. The newest database that
 * knows a report decides.
 */
export async function carryLeaks({ knex }: Engine, witnesses: readonly Witness[]): Promise<void> {
  for (const witness of witnesses.toReversed()) {
    // A release before reports of leaks.
    if (!(await witness.knex.schema.hasTable('leaks'))) continue;
    for await (const leaks of batchesOf(witness.knex, { name: 'leaks', key: ['hash'] })) {
      for (const leak of leaks) await knex('leaks').insert(leak).onConflict('hash').ignore();
    }
  }
}
