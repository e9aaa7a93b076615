import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import type { Witness } from '../history.ts';

/**
 * Keeps the current secrets and rights of OAuth clients, and deletes the clients that were deleted since the backup. The newest
 * database that knows a client decides.
 */
export async function carryClients({ knex }: Engine, line: readonly Witness[], complete: boolean): Promise<void> {
  for (const id of await knex('clients').pluck('id')) {
    for (const witness of line.toReversed()) {
      const now = await clientIn(witness, id);
      if (now === 'unknown') continue;
      const client = knex('clients').where({ id });
      if (now === 'deleted') await client.delete();
      else if (complete || (await changedAt(witness.knex, id)) > (await changedAt(knex, id)))
        await client.update({
          secret_hash: now.secret_hash,
          can_revoke: now.can_revoke,
          // A release before reports has no such column.
          can_report: now.can_report ?? false,
        });
      break;
    }
  }
}

async function clientIn({ knex, continues }: Witness, id: string): Promise<Row | 'deleted' | 'unknown'> {
  // A release before OAuth clients.
  if (!(await knex.schema.hasTable('clients'))) return 'unknown';
  const row: Row | undefined = await knex('clients').where({ id }).first();
  if (row !== undefined) return row;
  const wasThere = continues || (await knex('audit').where({ target_kind: 'client', target_id: id }).first('id'));
  return wasThere ? 'deleted' : 'unknown';
}

async function changedAt(knex: Knex, id: string): Promise<number> {
  const last: Row | undefined = await knex('audit')
    .where({ target_id: id })
    .whereIn('action', ['client.secret_rotated', 'client.changed'])
    .max({ at: 'at' })
    .first();
  return Number(last?.at ?? 0);
}
