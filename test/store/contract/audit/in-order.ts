import { expect, it } from 'vitest';
import type { OrderedAuditQuery } from '../../../../server/store/interfaces/audit.ts';
import type { AuditRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { auditRecord, nextId } from '../records.ts';

export function auditOrderContract(store: () => Store): void {
  const write = async (changes: Partial<AuditRecord> = {}) => {
    const event = auditRecord(changes);
    await store().audit.insert(event);
    return event.id;
  };
  const idsAfter = async (after: string | null, query: Partial<OrderedAuditQuery> = {}) =>
    (await store().audit.listInOrder({ after, limit: 100, ...query }))?.map(({ id }) => id) ?? null;
  const assignAll = () => store().audit.assignPositions(1_000);

  it('reads events oldest first, in pages, once they have positions', async () => {
    const [first, second, third] = [await write(), await write(), await write()];
    expect(await idsAfter(null)).toEqual([]);
    expect(await store().audit.lastInOrder()).toBeNull();
    expect(await store().audit.assignPositions(2)).toBe(2);
    expect(await idsAfter(null)).toEqual([first, second]);
    expect(await idsAfter(third)).toEqual([]);
    expect(await assignAll()).toBe(1);
    expect(await assignAll()).toBe(0);
    expect(await idsAfter(null, { limit: 2 })).toEqual([first, second]);
    expect(await idsAfter(second)).toEqual([third]);
    expect(await idsAfter(third)).toEqual([]);
    expect(await store().audit.lastInOrder()).toBe(third);
  });

  it('returns events as lists do', async () => {
    await write({ changes: [{ field: 'name', from: 'a', to: 'b' }] });
    await assignAll();
    const listed = await store().audit.list({ limit: 1, before: null });
    expect(await store().audit.listInOrder({ after: null, limit: 1 })).toEqual(listed);
  });

  it('reads an event after a newer one that was saved before it', async () => {
    const lateId = nextId();
    const early = await write();
    await assignAll();
    await write({ id: lateId });
    expect(await idsAfter(early)).toEqual([]);
    await assignAll();
    expect(await idsAfter(early)).toEqual([lateId]);
    expect(await idsAfter(null)).toEqual([early, lateId]);
    expect(await store().audit.lastInOrder()).toBe(lateId);
  });

  it('gives no position to an event that was rolled back', async () => {
    const failing = store().transaction(async (store) => {
      await store.audit.insert(auditRecord());
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect(await assignAll()).toBe(0);
  });

  it('gives each event one position when several readers assign them at once', async () => {
    const written = await Promise.all(Array.from({ length: 60 }, () => write()));
    const turns = await Promise.all(Array.from({ length: 12 }, () => store().audit.assignPositions(10)));
    expect(turns.reduce((sum, assigned) => sum + assigned, 0)).toBe(60);
    expect(await idsAfter(null)).toEqual(written.sort());
  });

  it('returns null for an event that never existed', async () => {
    await write();
    await assignAll();
    expect(await idsAfter(nextId())).toBeNull();
    expect(await idsAfter('')).toBeNull();
  });

  it('reads the events of a member as actor, owner and target, each once', async () => {
    const actor = { kind: 'user', id: 'ada', email: null } as const;
    const target = { kind: 'user', id: 'ada', name: null } as const;
    const own = [
      await write({ actor }),
      await write({ ownerId: 'ada' }),
      await write({ target, ownerId: null }),
      await write({ actor, target, ownerId: null }),
      await write({ actor, target, ownerId: 'ada' }),
    ];
    const other = await write();
    const last = await write({ actor, ownerId: 'ada' });
    await assignAll();
    expect(await idsAfter(null, { participant: 'ada' })).toEqual([...own, last]);
    expect(await idsAfter(null, { participant: 'ada', limit: 3 })).toEqual(own.slice(0, 3));
    expect(await idsAfter(own[2] as string, { participant: 'ada' })).toEqual([...own.slice(3), last]);
    expect(await idsAfter(null, { participant: 'nobody' })).toEqual([]);
    expect(await store().audit.lastInOrder('ada')).toBe(last);
    expect(await store().audit.lastInOrder('nobody')).toBeNull();
    // As if it did not exist.
    expect(await idsAfter(other, { participant: 'ada' })).toBeNull();
  });
}
