import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import type { History, Witness } from '../history.ts';

/**
 * Deletes the webhooks that were deleted since the backup, and gives the others their newest URL, events and secrets. Otherwise, a
 * receiver that nobody trusts any more would get events again. If the history is incomplete, a deletion that any database shows is
 * final, and a later change counts.
 */
export async function carryWebhooks({ knex }: Engine, { line, others, gap }: History): Promise<void> {
  const complete = gap === null;
  const witnesses = complete ? line : [...others, ...line];
  const newest = new Map<string, Row>();
  const backup: Row[] = await knex('webhooks');
  for (const row of backup) {
    const id = String(row.id);
    const states = await Promise.all(witnesses.map((witness) => webhookIn(witness, id)));
    const known = states.filter((state): state is Row => typeof state === 'object');
    const last = states.filter((state) => state !== 'unknown').at(-1);
    const deleted = complete ? last === 'deleted' : states.includes('deleted');
    if (!deleted) newest.set(id, complete ? (known.at(-1) ?? row) : known.reduce(later, row));
  }
  await replaceWebhooks(knex, backup, newest);
}

async function webhookIn({ knex, continues }: Witness, id: string): Promise<Row | 'deleted' | 'unknown'> {
  // A release before webhooks.
  if (!(await knex.schema.hasTable('webhooks'))) return 'unknown';
  const row: Row | undefined = await knex('webhooks').where({ id }).first();
  if (row !== undefined) return row;
  const wasThere = continues || (await knex('audit').where({ target_kind: 'webhook', target_id: id }).first('id'));
  return wasThere ? 'deleted' : 'unknown';
}

function later(one: Row, other: Row): Row {
  return Number(other.changed_at) > Number(one.changed_at) ? other : one;
}

async function replaceWebhooks(knex: Knex, backup: readonly Row[], newest: ReadonlyMap<string, Row>): Promise<void> {
  await knex.transaction(async (trx) => {
    // Delete all of them before the first insert, because a URL may belong to another webhook now.
    await trx('webhooks').delete();
    const urls = new Set<unknown>();
    for (const { id } of backup) {
      const row = newest.get(String(id));
      if (row === undefined || urls.has(row.url)) continue;
      urls.add(row.url);
      await trx('webhooks').insert(row);
    }
  });
}
