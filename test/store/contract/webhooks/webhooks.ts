import { expect, it } from 'vitest';
import type { WebhookRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { firstPage, nextId, noon } from '../records.ts';

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

  it('lists webhooks newest first, in pages, and leaves out deleted ones', async () => {
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

  it('counts failures in a row, and since when, until one attempt succeeds', async () => {
    const { id, changedAt } = await addWebhook(store());
    expect(await store().webhooks.recordSuccess(id)).toBe(0);
    expect(await store().webhooks.recordFailure(id, noon, changedAt)).toEqual({
      failures: 1,
      failingSince: noon,
      resumeAt: null,
    });
    await store().webhooks.pause(id, noon + 10);
    const second = await store().webhooks.recordFailure(id, noon + 20, changedAt);
    expect(second).toEqual({ failures: 2, failingSince: noon, resumeAt: noon + 10 });
    expect(await store().webhooks.recordSuccess(id)).toBe(2);
    expect(await store().webhooks.recordFailure(id, noon + 30, changedAt)).toMatchObject({
      failures: 1,
      failingSince: noon + 30,
    });
    await store().webhooks.edit(id, { disabled: false, changedAt: noon + 1 });
    expect(await store().webhooks.recordFailure(id, noon + 40, changedAt)).toBeNull();
    expect(await store().webhooks.recordSuccess(id)).toBe(0);
    expect(await store().webhooks.recordFailure(nextId(), noon, noon)).toBeNull();
  });

  it('is disabled once, and then changed later than before', async () => {
    const { id } = await addWebhook(store(), { changedAt: noon + 5 });
    expect(await store().webhooks.disable(id, noon, noon + 5)).toBe(true);
    expect(await store().webhooks.disable(id, noon, noon + 5)).toBe(false);
    expect(await store().webhooks.findById(id)).toMatchObject({ disabled: true, changedAt: noon + 6 });
    expect(await store().webhooks.disable(nextId(), noon, noon)).toBe(false);
  });
}
