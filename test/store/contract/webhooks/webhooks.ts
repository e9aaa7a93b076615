import { expect, it } from 'vitest';
import type { DeliveryRecord, WebhookRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { auditRecord, firstPage, nextId, noon } from '../records.ts';

export function webhookRecord(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  const id = nextId();
  return {
    id,
    url: `https://${id}.example.com/`,
    events: ['token.*'],
    format: 'standard',
    description: null,
    disabled: false,
    createdAt: noon,
    changedAt: noon,
    ...changes,
  };
}

export async function addWebhook(store: Store, changes: Partial<WebhookRecord> = {}): Promise<WebhookRecord> {
  const webhook = webhookRecord(changes);
  expect(await store.webhooks.insert(webhook, `secret of ${webhook.id}`, 1000)).toBe('inserted');
  return webhook;
}

export function webhookContract(store: () => Store): void {
  it('returns a webhook as it was created, without its secret', async () => {
    const plain = await addWebhook(store());
    const full = {
      events: ['*', 'token.revoked'],
      format: 'slack',
      description: 'To the channel',
      disabled: true,
    } as const;
    const other = await addWebhook(store(), { ...full, events: [...full.events] });
    expect(await store().webhooks.findById(plain.id)).toEqual(plain);
    expect(await store().webhooks.findById(other.id)).toEqual(other);
    expect(await store().webhooks.lock(other.id)).toEqual(other);
    expect(await store().webhooks.findById(nextId())).toBeNull();
    expect(await store().webhooks.lock(nextId())).toBeNull();
  });

  it('rejects a URL that another webhook has, and one webhook too many', async () => {
    const first = await addWebhook(store());
    const second = await addWebhook(store());
    const same = webhookRecord({ url: first.url });
    expect(await store().webhooks.insert(same, 's', 3)).toBe('url-taken');
    expect(await store().webhooks.insert(webhookRecord(), 's', 2)).toBe('too-many');
    expect(await store().webhooks.edit(second.id, { url: first.url, changedAt: noon + 1 })).toBe('url-taken');
    expect(await store().webhooks.edit(second.id, { url: second.url, changedAt: noon + 1 })).toBe('edited');
    expect(await store().webhooks.list(firstPage)).toEqual([{ ...second, changedAt: noon + 1 }, first]);
  });

  it('changes only the fields of an edit', async () => {
    const webhook = await addWebhook(store(), { description: 'Before' });
    const steps: Array<Partial<WebhookRecord>> = [
      { url: 'https://other.example.com/' },
      { events: ['*'] },
      { format: 'slack' },
      { description: null },
      { disabled: true },
      { disabled: false },
    ];
    let expected = webhook;
    for (const step of steps) {
      expected = { ...expected, ...step, changedAt: expected.changedAt + 1 };
      expect(await store().webhooks.edit(webhook.id, { ...step, changedAt: expected.changedAt })).toBe('edited');
      expect(await store().webhooks.findById(webhook.id)).toEqual(expected);
    }
    expect(await store().webhooks.edit(nextId(), { format: 'slack', changedAt: noon })).toBe('missing');
  });

  it('lists newest first, in pages, and no longer what was deleted', async () => {
    const [oldest, middle, newest] = [await addWebhook(store()), await addWebhook(store()), await addWebhook(store())];
    expect(await store().webhooks.list(firstPage)).toEqual([newest, middle, oldest]);
    expect(await store().webhooks.list({ limit: 1, before: newest.id })).toEqual([middle]);
    expect(await store().webhooks.delete(middle.id)).toBe(true);
    expect(await store().webhooks.delete(middle.id)).toBe(false);
    expect(await store().webhooks.list(firstPage)).toEqual([newest, oldest]);
  });

  it('keeps the secret before a rotation, and only that one', async () => {
    const { id } = await addWebhook(store());
    const rotate = (secret: string, previousUntil: number) =>
      store().webhooks.rotateSecret(id, { secret, previousUntil, changedAt: noon + 1 });
    expect(await store().webhooks.secretsOf(id)).toMatchObject({ previousSecret: null, previousSecretUntil: null });
    expect(await rotate('second', noon + 10)).toBe(true);
    expect(await rotate('third', noon + 20)).toBe(true);
    expect(await store().webhooks.secretsOf(id)).toEqual({
      secret: 'third',
      previousSecret: 'second',
      previousSecretUntil: noon + 20,
    });
    expect((await store().webhooks.findById(id))?.changedAt).toBe(noon + 1);
    expect(await store().webhooks.secretsOf(nextId())).toBeNull();
    expect(await store().webhooks.rotateSecret(nextId(), { secret: 's', previousUntil: 1, changedAt: 1 })).toBe(false);
  });
}

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
}
