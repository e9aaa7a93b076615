import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { DeliveryLease, DeliveryStore } from '../../interfaces/webhooks.ts';
import type { ClaimedDelivery, DeliveryRecord } from '../../records.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { deliveryColumns, deliveryStateColumns } from '../../tables/webhooks.ts';
import type { WebhookRow } from './webhooks.ts';

export type DeliveryRow = RowOf<typeof deliveryColumns> & RowOf<typeof deliveryStateColumns>;

export function createDeliveryStore(knex: Knex): DeliveryStore {
  const deliveries = () => knex<DeliveryRow>('webhook_deliveries');
  const underLease = ({ webhookId, leaseId }: DeliveryLease, ids: readonly string[]) =>
    deliveries()
      .where({ webhook_id: webhookId, lease_id: leaseId })
      .whereIn('id', [...ids]);

  const deleteSome = (webhookId: string, limit: number) => {
    const some = deliveries().select('id').where({ webhook_id: webhookId }).orderBy('id').limit(limit);
    return deliveries().where({ webhook_id: webhookId }).whereIn('id', some).delete();
  };

  return {
    async queueTest(webhookId, { id, at }) {
      const delivery: DeliveryRecord = {
        ...{ id, webhookId, event: 'webhook.test', at, status: 'pending' },
        ...{ attempts: 0, deliveredAt: null, error: null },
      };
      await knex<WebhookRow>('webhooks').where({ id: webhookId }).update({ resume_at: null });
      await deliveries().insert({
        ...toRow(deliveryColumns, delivery),
        // Claimed before all others, because after failures one delivery decides whether the rest is sent.
        ...toRow(deliveryStateColumns, { dueAt: 0, leaseId: null, giveUpAt: giveUpAt(at) }),
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
    async claim({ webhookId, now, leaseMs, leaseId, limit }) {
      const due = deliveries()
        .select('id')
        .where({ webhook_id: webhookId })
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked();
      // A CTE runs once. PostgreSQL may run a subquery in WHERE again for each row, and so lease more than `limit`.
      const claimed = await deliveries()
        .with('due', due)
        .where({ webhook_id: webhookId })
        .whereIn('id', knex('due').select('id'))
        .update({ lease_id: leaseId, due_at: now + leaseMs, attempts: knex.raw('attempts + 1') })
        .returning('*');
      return claimed.map(toClaimed).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async markDelivered(lease, ids, at) {
      await underLease(lease, ids).update({ ...over, status: 'delivered', delivered_at: at, last_error: null });
    },
    async retryLater(lease, id, { dueAt, error }) {
      await underLease(lease, [id]).update({ lease_id: null, due_at: dueAt, last_error: error });
    },
    async giveUp(lease, id, error) {
      await underLease(lease, [id]).update({ ...over, status: 'failed', last_error: error });
    },
    async release(lease, ids, now) {
      await underLease(lease, ids).update({ lease_id: null, due_at: now, attempts: knex.raw('attempts - 1') });
    },
    async bringForward(now, webhookId) {
      const later = deliveries().whereNotNull('due_at').where('due_at', '>', now).whereNull('lease_id');
      if (webhookId !== undefined) later.where({ webhook_id: webhookId });
      await later.update({ due_at: now });
      if (webhookId === undefined)
        await knex<WebhookRow>('webhooks').where('resume_at', '>', now).update({ resume_at: null });
    },
    async releaseAllLeases() {
      await deliveries()
        .whereNotNull('due_at')
        .whereNotNull('lease_id')
        .update({ lease_id: null, due_at: knex.ref('at') });
    },
    async backlog() {
      const existing = () => deliveries().whereIn('webhook_id', knex('webhooks').select('id'));
      const [pending] = await existing().whereNotNull('due_at').count({ rows: '*' });
      const [failed] = await existing().where({ status: 'failed' }).count({ rows: '*' });
      return { pending: Number(pending?.rows), failed: Number(failed?.rows) };
    },
    async purgeOrphans(limit) {
      let [deleted, last] = [0, ''];
      // Steps from webhook to webhook through the index, because a search for rows without a webhook would read all of them.
      for (;;) {
        const next = await deliveries().where('webhook_id', '>', last).orderBy('webhook_id').first('webhook_id');
        if (next === undefined || deleted >= limit) return deleted;
        last = next.webhook_id;
        const webhook = await knex<WebhookRow>('webhooks').where({ id: last }).first('id');
        if (webhook === undefined) deleted += await deleteSome(last, limit - deleted);
      }
    },
    purge(before, limit) {
      const old = deliveries().select('webhook_id', 'id').where('at', '<', before).orderBy('at').limit(limit);
      return deliveries()
        .whereIn(['webhook_id', 'id'], old as never)
        .delete();
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

/** The state of a delivery that is not attempted any more. */
const over = { lease_id: null, due_at: null };

function toClaimed(row: object): ClaimedDelivery {
  return { ...toRecord(deliveryColumns, row), giveUpAt: toRecord(deliveryStateColumns, row).giveUpAt };
}

/** In a pattern of LIKE, an underscore would match any character. */
function escaped(text: string): string {
  return text.replaceAll('_', '!_');
}

function giveUpAt(at: number): number {
  return at + limits.webhookRetryMs;
}
