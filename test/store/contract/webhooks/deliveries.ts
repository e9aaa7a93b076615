import { expect, it } from 'vitest';
import type { DeliveryRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { auditRecord, firstPage, nextId, noon } from '../records.ts';
import { addWebhook } from './webhooks.ts';

export function deliveryContract(store: () => Store): void {
  const deliveriesOf = (webhookId: string, query: { status?: DeliveryRecord['status'] } = {}) =>
    store().deliveries.list({ ...firstPage, webhookId, ...query });

  it('queues an event for each enabled webhook whose events match its action', async () => {
    const subscriptions = [
      ['token.revoked'],
      ['token.*'],
      ['*'],
      ['session.failed', 'token.revoked', 'user.*'],
      ['token.rotated', 'user.*'],
      ['token.previous_ended'],
    ];
    const webhooks = [];
    for (const events of subscriptions) webhooks.push(await addWebhook(store(), { events }));
    const disabled = await addWebhook(store(), { events: ['*'], disabled: true });
    const event = auditRecord({ action: 'token.revoked' });
    await store().audit.insert(event);
    const counts = await Promise.all([...webhooks, disabled].map(async ({ id }) => (await deliveriesOf(id)).length));
    expect(counts).toEqual([1, 1, 1, 1, 0, 0, 0]);
    expect(await deliveriesOf(webhooks[0]?.id ?? '')).toEqual([
      {
        ...{ id: event.id, webhookId: webhooks[0]?.id, event: 'token.revoked', at: event.at, status: 'pending' },
        ...{ attempts: 0, deliveredAt: null, error: null },
      },
    ]);
  });

  it('queues nothing for an event that is rolled back', async () => {
    const { id } = await addWebhook(store(), { events: ['*'] });
    const rollback = new Error('The transaction is rolled back.');
    const work = store().transaction(async (store) => {
      await store.audit.insert(auditRecord({ action: 'token.revoked' }));
      throw rollback;
    });
    await expect(work).rejects.toBe(rollback);
    expect(await deliveriesOf(id)).toEqual([]);
  });

  it('lists newest first, in pages, of one webhook and with one status', async () => {
    const [one, other] = [await addWebhook(store()), await addWebhook(store())];
    const ids = [nextId(), nextId(), nextId()];
    for (const id of ids) await store().deliveries.queueTest(one.id, { id, at: noon });
    await store().deliveries.queueTest(other.id, { id: nextId(), at: noon });
    expect((await deliveriesOf(one.id)).map(({ id }) => id)).toEqual(ids.toReversed());
    const page = await store().deliveries.list({ webhookId: one.id, limit: 1, before: ids[2] ?? null });
    expect(page).toMatchObject([{ id: ids[1], event: 'webhook.test', status: 'pending' }]);
    expect(await deliveriesOf(one.id, { status: 'failed' })).toEqual([]);
    expect(await deliveriesOf(one.id, { status: 'pending' })).toHaveLength(3);
  });

  it('finds a delivery only at its webhook', async () => {
    const [one, other] = [await addWebhook(store()), await addWebhook(store())];
    const queued = await store().deliveries.queueTest(one.id, { id: nextId(), at: noon });
    expect(await store().deliveries.find(one.id, queued.id)).toEqual(queued);
    expect(await store().deliveries.find(other.id, queued.id)).toBeNull();
    expect(await store().deliveries.retry(one.id, queued.id, noon + 1)).toBe(true);
    expect(await store().deliveries.retry(other.id, queued.id, noon + 1)).toBe(false);
  });

  const lease = { leaseMs: 100, leaseId: 'mine', limit: 10 };
  const dueIds = async (now: number) => (await store().webhooks.due(now)).map(({ id }) => id);
  /** Queues a delivery that is due at a time. */
  const queueAt = async (webhookId: string, at: number) => {
    const queued = await store().deliveries.queueTest(webhookId, { id: nextId(), at });
    await store().deliveries.retry(webhookId, queued.id, at);
    return queued;
  };

  it('claim a test before all others, and a test ends the pause', async () => {
    const { id: webhookId, changedAt } = await addWebhook(store());
    await queueAt(webhookId, noon - 60 * 60 * 1000);
    await store().webhooks.recordFailure(webhookId, noon, changedAt);
    await store().webhooks.pause(webhookId, noon + 1000);
    expect(await dueIds(noon)).toEqual([]);
    const { id } = await store().deliveries.queueTest(webhookId, { id: nextId(), at: noon });
    expect(await dueIds(noon)).toEqual([webhookId]);
    const claim = { ...lease, webhookId, now: noon, limit: 1 };
    expect((await store().deliveries.claim(claim)).map((delivery) => delivery.id)).toEqual([id]);
  });

  it('are due until they are leased, and again when the lease ends', async () => {
    const { id: webhookId } = await addWebhook(store());
    const { id } = await queueAt(webhookId, noon);
    expect([await dueIds(noon - 1), await dueIds(noon)]).toEqual([[], [webhookId]]);
    const claim = (now: number, leaseId = 'mine') => store().deliveries.claim({ ...lease, webhookId, now, leaseId });
    expect(await claim(noon - 1)).toEqual([]);
    expect(await claim(noon)).toMatchObject([{ id, attempts: 1, giveUpAt: noon + 3 * 24 * 60 * 60 * 1000 }]);
    expect([await claim(noon + 99), await dueIds(noon + 99)]).toEqual([[], []]);
    expect(await claim(noon + 100, 'another')).toMatchObject([{ id, attempts: 2 }]);
    // The first lease is over, so its worker no longer decides.
    await store().deliveries.markDelivered({ webhookId, leaseId: 'mine' }, [id], noon);
    expect(await store().deliveries.find(webhookId, id)).toMatchObject({ status: 'pending' });
  });

  it('are leased to one of several workers, the first due first', async () => {
    const { id: webhookId } = await addWebhook(store());
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      ids.push((await queueAt(webhookId, noon + i)).id);
    }
    const claim = (leaseId: string, limit: number) =>
      store().deliveries.claim({ webhookId, now: noon + 100, leaseMs: 100, leaseId, limit });
    expect((await claim('first', 2)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const claimed = await Promise.all(Array.from({ length: 5 }, (_, index) => claim(`w${index}`, 2)));
    expect(
      claimed
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.slice(2));
  });

  it('end a lease as delivered, failed, to be retried or not attempted', async () => {
    const { id: webhookId } = await addWebhook(store());
    const queue = async () => (await store().deliveries.queueTest(webhookId, { id: nextId(), at: noon })).id;
    const [one, two, three, four] = [await queue(), await queue(), await queue(), await queue()];
    await store().deliveries.claim({ ...lease, webhookId, now: noon });
    const mine = { webhookId, leaseId: 'mine' };
    await store().deliveries.markDelivered(mine, [one], noon + 1);
    await store().deliveries.giveUp(mine, two, 'no');
    await store().deliveries.retryLater(mine, three, { dueAt: noon + 50, error: 'later' });
    await store().deliveries.release(mine, [four], noon + 2);
    const states = await Promise.all([one, two, three, four].map((id) => store().deliveries.find(webhookId, id)));
    expect(states).toMatchObject([
      { status: 'delivered', attempts: 1, deliveredAt: noon + 1, error: null },
      { status: 'failed', attempts: 1, error: 'no' },
      { status: 'pending', attempts: 1, error: 'later' },
      { status: 'pending', attempts: 0 },
    ]);
    expect(await store().deliveries.backlog()).toEqual({ pending: 2, failed: 1 });
    const claim = (now: number, leaseId: string) => store().deliveries.claim({ ...lease, webhookId, now, leaseId });
    expect((await claim(noon + 49, 'next')).map(({ id }) => id)).toEqual([four]);
    expect((await claim(noon + 50, 'last')).map(({ id }) => id)).toEqual([three]);
    for (const id of [one, two]) expect(await store().deliveries.retry(webhookId, id, noon + 60)).toBe(true);
    expect((await claim(noon + 60, 'again')).map(({ id, attempts }) => [id, attempts])).toEqual([
      [one, 2],
      [two, 2],
    ]);
  });

  it('wait while the webhook is disabled or pauses, and a retry ends the pause', async () => {
    const { id: webhookId, changedAt } = await addWebhook(store());
    const { id } = await store().deliveries.queueTest(webhookId, { id: nextId(), at: noon });
    await store().webhooks.recordFailure(webhookId, noon, changedAt);
    await store().webhooks.pause(webhookId, noon + 10);
    expect([await dueIds(noon + 9), await dueIds(noon + 10)]).toEqual([[], [webhookId]]);
    await store().deliveries.retry(webhookId, id, noon);
    expect(await store().webhooks.due(noon)).toMatchObject([{ id: webhookId, failures: 1 }]);
    await store().webhooks.disable(webhookId, noon, changedAt);
    expect(await dueIds(noon + 10)).toEqual([]);
  });

  it('of a deleted webhook are not counted, and are deleted in batches', async () => {
    const [gone, kept, other] = [await addWebhook(store()), await addWebhook(store()), await addWebhook(store())];
    for (const { id } of [gone, gone, gone, kept, other, other]) {
      await store().deliveries.queueTest(id, { id: nextId(), at: noon });
    }
    expect(await store().deliveries.purgeOrphans(9)).toBe(0);
    for (const { id } of [gone, other]) await store().webhooks.delete(id);
    expect(await store().deliveries.backlog()).toEqual({ pending: 1, failed: 0 });
    expect(await store().deliveries.purgeOrphans(2)).toBe(2);
    expect((await deliveriesOf(gone.id)).length).toBe(1);
    expect(await store().deliveries.purgeOrphans(9)).toBe(3);
    expect(await store().deliveries.purgeOrphans(9)).toBe(0);
    expect((await deliveriesOf(kept.id)).length).toBe(1);
  });

  it('are brought forward, of one webhook or of all, except leased ones', async () => {
    const [one, other] = [await addWebhook(store()), await addWebhook(store())];
    for (const { id: webhookId } of [one, other]) {
      await queueAt(webhookId, noon + 500);
      await store().webhooks.pause(webhookId, noon + 500);
    }
    await store().deliveries.bringForward(noon, one.id);
    await store().webhooks.pause(one.id, noon);
    expect(await dueIds(noon)).toEqual([one.id]);
    await store().deliveries.claim({ ...lease, leaseMs: 1000, webhookId: one.id, now: noon });
    await store().deliveries.bringForward(noon);
    expect(await dueIds(noon)).toEqual([other.id]);
    await store().deliveries.releaseAllLeases();
    expect((await dueIds(noon + 500)).sort()).toEqual([one.id, other.id].sort());
  });

  it('are purged by the time of their event, in bounded batches, oldest first', async () => {
    const { id: webhookId } = await addWebhook(store());
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      ids.push((await store().deliveries.queueTest(webhookId, { id: nextId(), at: noon + i })).id);
    }
    expect(await store().deliveries.purge(noon + 3, 2)).toBe(2);
    expect((await deliveriesOf(webhookId)).map(({ id }) => id)).toEqual([ids[3], ids[2]]);
    expect(await store().deliveries.purge(noon + 3, 2)).toBe(1);
    expect(await store().deliveries.purge(noon + 3, 2)).toBe(0);
  });
}
