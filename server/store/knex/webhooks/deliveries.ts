import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { DeliveryStore } from '../../interfaces/webhooks.ts';
import type { DeliveryRecord } from '../../records.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { deliveryColumns, deliveryStateColumns } from '../../tables/webhooks.ts';
import type { WebhookRow } from './webhooks.ts';

export type DeliveryRow = RowOf<typeof deliveryColumns> & RowOf<typeof deliveryStateColumns>;

export function createDeliveryStore(knex: Knex): DeliveryStore {
  const deliveries = () => knex<DeliveryRow>('webhook_deliveries');

  return {
    async queueTest(webhookId, { id, at }) {
      const delivery: DeliveryRecord = {
        ...{ id, webhookId, event: 'webhook.test', at, status: 'pending' },
        ...{ attempts: 0, deliveredAt: null, error: null },
      };
      await deliveries().insert({
        ...toRow(deliveryColumns, delivery),
        ...toRow(deliveryStateColumns, { dueAt: at, leaseId: null, giveUpAt: giveUpAt(at) }),
      });
      return delivery;
    },
    async find(webhookId, id) {
      const row = await deliveries().where({ webhook_id: webhookId, id }).first();
      return row ? toRecord(deliveryColumns, row) : null;
    },
    async list({ webhookId, status, limit, before }) {
      const query = deliveries().where({ webhook_id: webhookId }).orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (status !== undefined) query.where({ status });
      return (await query).map((row) => toRecord(deliveryColumns, row));
    },
    async retry(webhookId, id, now) {
      await knex<WebhookRow>('webhooks').where({ id: webhookId }).update({ resume_at: null });
      const retried = await deliveries()
        .where({ webhook_id: webhookId, id })
        .update({ status: 'pending', due_at: now, lease_id: null, delivered_at: null, give_up_at: giveUpAt(now) });
      return retried > 0;
    },
  };
}

/**
 * Queues an event for each enabled webhook that its action matches, in the transaction of the event. One statement, which reads the
 * few rows of `webhooks` and writes nothing if none matches.
 */
export async function queueDeliveries(
  knex: Knex,
  { id, action, at }: { id: string; action: string; at: number },
): Promise<void> {
  const row = toRow({ ...deliveryColumns, ...deliveryStateColumns }, {
    ...{ id, webhookId: '', event: action, at, status: 'pending', attempts: 0, deliveredAt: null, error: null },
    ...{ dueAt: at, leaseId: null, giveUpAt: giveUpAt(at) },
  } as const);
  const { webhook_id: _, ...values } = row;
  const names = Object.keys(values);
  const patterns = [action, action.replace(/\..*$/, '.*'), '*'];
  const matching = knex<WebhookRow>('webhooks')
    .where({ disabled: false })
    .where((events) => {
      for (const pattern of patterns)
        events.orWhereRaw("' ' || events || ' ' LIKE ? ESCAPE '!'", `% ${escaped(pattern)} %`);
    })
    .select('id', ...Object.values(values).map((value) => knex.raw('?', value as string)));
  await knex(knex.raw('webhook_deliveries (??)', [['webhook_id', ...names]])).insert(matching);
}

/** In a pattern of LIKE, an underscore would match any character. */
function escaped(text: string): string {
  return text.replaceAll('_', '!_');
}

function giveUpAt(at: number): number {
  return at + limits.webhookRetryMs;
}
