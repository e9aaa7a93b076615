import { expect, it } from 'vitest';
import type { AuditRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { auditRecord, firstPage, nextId, noon } from '../records.ts';

const minute = 60_000;

export function auditRetentionContract(store: () => Store): void {
  const write = async (changes: Partial<AuditRecord> = {}) => {
    const event = auditRecord(changes);
    await store().audit.insert(event);
    return event.id;
  };
  const assign = () => store().audit.assignPositions(1_000);
  const left = async () => (await store().audit.list(firstPage)).map(({ id }) => id).reverse();
  const idsAfter = async (after: string | null, participant?: string) => {
    const query = { after, limit: 100, ...(participant !== undefined && { participant }) };
    return (await store().audit.listInOrder(query))?.map(({ id }) => id) ?? null;
  };
  const purge = (before: number, limit = 100) => store().audit.purge({ before, limit });

  it('deletes events that are older than a time, in batches, oldest first', async () => {
    const [first, second, third] = [
      await write({ at: noon }),
      await write({ at: noon + 1 }),
      await write({ at: noon + 2 }),
    ];
    await assign();
    expect(await purge(noon)).toBe(0);
    expect(await purge(noon + 2, 1)).toBe(1);
    expect(await left()).toEqual([second, third]);
    expect(await purge(noon + 2)).toBe(1);
    expect(await purge(noon + 2)).toBe(0);
    expect(await idsAfter(first)).toEqual([third]);
    expect(await idsAfter(second)).toEqual([third]);
    expect(await idsAfter(nextId())).toBeNull();
  });

  it('keeps events of restores', async () => {
    const restored = await write({ action: 'database.restored', target: { kind: 'database', id: null, name: null } });
    await write();
    await assign();
    expect(await purge(noon + 1)).toBe(1);
    expect(await left()).toEqual([restored]);
  });

  it('keeps an event that has no position yet, because no reader has seen it', async () => {
    const id = await write();
    expect(await purge(noon + 1)).toBe(0);
    await assign();
    expect(await left()).toEqual([id]);
    expect(await purge(noon + 1)).toBe(1);
  });

  it('keeps an event that committed after a younger one, until that one is deleted too', async () => {
    const younger = await write({ at: noon + 2 });
    const late = await write({ at: noon });
    await assign();
    expect(await purge(noon + 1)).toBe(0);
    expect(await idsAfter(younger)).toEqual([late]);
    expect(await purge(noon + 3)).toBe(2);
  });

  it('deletes the events after one whose time lies far in the future', async () => {
    const future = await write({ at: noon + 1_000_000 * minute });
    await write();
    await assign();
    expect(await purge(noon + 1)).toBe(1);
    expect(await left()).toEqual([future]);
  });

  async function addWebhook() {
    const id = nextId();
    const webhook = { id, url: `https://hooks.example.com/${id}`, events: ['token.*'] };
    const rest = { format: 'standard', description: null, disabled: false, createdAt: noon, changedAt: noon } as const;
    await store().webhooks.insert({ ...webhook, ...rest }, 'whsec_x', 10);
    return { id, disable: () => store().webhooks.disable(id, noon + 1, noon) };
  }
  const forgotten = { target: { kind: 'issuer', id: null, name: null }, action: 'sso.issuer_moved' } as const;

  it('keeps an event that a webhook is still to receive', async () => {
    const { id: hook } = await addWebhook();
    const id = await write();
    await assign();
    expect(await purge(noon + 1)).toBe(0);
    const lease = { webhookId: hook, now: noon + 1, leaseMs: 1, leaseId: 'x', limit: 1 };
    expect(await store().deliveries.claim(lease)).toHaveLength(1);
    expect(await purge(noon + 1)).toBe(0);
    await store().deliveries.markDelivered({ webhookId: hook, leaseId: 'x' }, [id], noon + 1);
    expect(await purge(noon + 1)).toBe(1);
  });

  it('deletes full batches of events that no webhook waits for, behind more queued events than a batch holds', async () => {
    await addWebhook();
    const queued = [await write(), await write(), await write()];
    const others = [];
    for (let number = 0; number < 5; number += 1) others.push(await write(forgotten));
    await assign();
    expect([await purge(noon + 1, 2), await purge(noon + 1, 2), await purge(noon + 1, 2)]).toEqual([2, 2, 1]);
    expect(await left()).toEqual(queued);
  });

  it('does not wait for a disabled webhook, and gives up its deliveries', async () => {
    const { id: webhookId, disable } = await addWebhook();
    const id = await write();
    const young = await write({ at: noon + 1 });
    await assign();
    await disable();
    expect(await purge(noon + 1)).toBe(1);
    expect(await store().deliveries.find(webhookId, id)).toMatchObject({
      ...{ status: 'failed', deliveredAt: null },
      error: 'The event was deleted, because it is older than TOKENSD_KEEP_AUDIT.',
    });
    expect(await store().deliveries.find(webhookId, young)).toMatchObject({ status: 'pending', error: null });
    const lease = { webhookId, now: noon + 2, leaseMs: 1, leaseId: 'x', limit: 9 };
    expect((await store().deliveries.claim(lease)).map((delivery) => delivery.id)).toEqual([young]);
  });

  it('returns no event twice and leaves none out after one that was deleted, although older ones are left', async () => {
    await addWebhook();
    const restored = { ...forgotten, action: 'database.restored' } as const;
    const kept = [await write(restored), await write(), await write()];
    const read = await write(forgotten);
    const between = [await write(), await write(restored)];
    const second = await write(forgotten);
    const next = await write(forgotten);
    const young = await write({ at: noon + 1 });
    await assign();
    expect(await purge(noon + 1)).toBe(3);
    expect(await left()).toEqual([...kept, ...between, young]);
    expect(await idsAfter(read)).toEqual([...between, young]);
    expect(await idsAfter(second)).toEqual([young]);
    expect(await idsAfter(next)).toEqual([young]);
    expect(await idsAfter(young)).toEqual([]);
  });

  it("continues a member's events after one that was deleted, and tells no event of others from none", async () => {
    const own = await write({ ownerId: 'ada', at: noon });
    const others = await write({ at: noon });
    const next = await write({ ownerId: 'ada', at: noon + 2 });
    const ofOthers = await write({ at: noon + 2 });
    await assign();
    await purge(noon + 1);
    expect(await idsAfter(own, 'ada')).toEqual([next]);
    expect(await idsAfter(others, 'ada')).toEqual([next]);
    expect(await idsAfter(ofOthers, 'ada')).toBeNull();
  });

  it('cuts the IP addresses of old events once, in batches', async () => {
    const cuts: string[] = [];
    const cut = (ip: string) => {
      cuts.push(ip);
      return ip === 'junk' ? null : `${ip}/24`;
    };
    for (const [at, ip] of [
      [noon, '10.0.0.1'],
      [noon, null],
      [noon + 1, '10.0.0.2'],
      [noon + 1, '10.0.0.3'],
      [noon + 1, 'junk'],
      [noon + 2, '10.0.0.4'],
    ] as const)
      await write({ at, ip });
    const run = (before: number) => store().audit.cutAddresses({ before, limit: 2, cut });
    const ips = async () => (await store().audit.list(firstPage)).map(({ ip }) => ip).reverse();
    for (let runs = 0; await run(noon + 2); runs += 1) expect(runs).toBeLessThan(10);
    const done = ['10.0.0.1/24', null, '10.0.0.2/24', '10.0.0.3/24', null, '10.0.0.4'];
    expect(await ips()).toEqual(done);
    expect(await run(noon + 2)).toBe(false);
    expect(cuts).toHaveLength(4);
    // The clock was set back, and events came in between.
    await write({ at: noon - 1, ip: '10.0.0.9' });
    expect(await run(noon - 5)).toBe(false);
    for (let runs = 0; await run(noon + 2); runs += 1) expect(runs).toBeLessThan(10);
    expect(await ips()).toEqual([...done, '10.0.0.9/24']);
  });

  it('cuts the IP addresses of many events at the same time', async () => {
    await store().transaction(async (store) => {
      for (let number = 0; number < 2_100; number += 1) await store.audit.insert(auditRecord());
    });
    const cut = (ip: string) => `${ip}/24`;
    for (let runs = 0; await store().audit.cutAddresses({ before: noon + 1, limit: 500, cut }); runs += 1)
      expect(runs).toBeLessThan(20);
    const ips = (await store().audit.list({ limit: 3_000, before: null })).map(({ ip }) => ip);
    expect(ips.filter((ip) => ip?.endsWith('/24'))).toHaveLength(2_100);
  });
}
