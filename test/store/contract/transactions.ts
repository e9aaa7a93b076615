import { expect, it } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { addToken, addUser, auditRecord, firstPage, mail, noon, userRecord } from './records.ts';

export function transactionContract(store: () => Store): void {
  it('commits everything and returns the result of the work', async () => {
    const user = userRecord();
    const result = await store().transaction(async (store) => {
      await store.users.insert(user);
      await store.audit.insert(auditRecord());
      await store.outbox.enqueue(mail());
      return 42;
    });
    expect(result).toBe(42);
    expect(await store().users.findById(user.id)).toEqual(user);
    expect(await store().audit.list(firstPage)).toHaveLength(1);
  });

  it('rolls back if the work throws, and rejects with the same error', async () => {
    const refusal = new Error('refused');
    const failing = store().transaction(async (store) => {
      await addUser(store);
      await store.outbox.enqueue(mail());
      throw refusal;
    });
    await expect(failing).rejects.toBe(refusal);
    expect(await store().users.isEmpty()).toBe(true);
    expect(await store().outbox.claim({ now: noon, leaseMs: 1, leaseId: 'x', limit: 1 })).toEqual([]);
  });

  it('rolls back if a statement fails, and stays usable', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const failing = store().transaction(async (store) => {
      await addUser(store);
      await addToken(store, owner.id, { hash: token.hash });
    });
    await expect(failing).rejects.toThrow();
    expect(await store().users.list(firstPage)).toHaveLength(1);
    await addUser(store());
    expect(await store().users.list(firstPage)).toHaveLength(2);
  });

  it('runs a nested transaction as part of the outer one', async () => {
    const failing = store().transaction(async (store) => {
      await store.transaction((store) => addUser(store));
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect(await store().users.isEmpty()).toBe(true);
  });

  it('loses no update among many concurrent transactions', async () => {
    await Promise.all(Array.from({ length: 30 }, () => store().transaction((store) => addUser(store))));
    expect(await store().users.list(firstPage)).toHaveLength(30);
  });

  it('responds to a ping and reports that its schema is current', async () => {
    await store().ping();
    expect(await store().schemaIsCurrent()).toBe(true);
    expect(await store().migrate()).toEqual([]);
  });
}
