import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, noon } from '../records.ts';

export function idempotencyContract(store: () => Store): void {
  const claim = (
    userId: string,
    changes: Partial<{ key: string; bodyHash: string; createdAt: number }> = {},
    freshSince = 0,
  ) =>
    store().transaction((store) =>
      store.idempotency.claim(
        {
          userId,
          key: 'a-key',
          bodyHash: 'a-body',
          tokenId: `token-for-${changes.bodyHash}`,
          createdAt: noon,
          ...changes,
        },
        freshSince,
      ),
    );

  it('claims a key once per user, then returns the row that holds it', async () => {
    const [one, two] = [await addUser(store()), await addUser(store())];
    expect(await claim(one.id, { bodyHash: 'first' })).toBe('claimed');
    expect(await claim(one.id, { bodyHash: 'second' })).toEqual({ bodyHash: 'first', tokenId: 'token-for-first' });
    expect(await claim(two.id, { bodyHash: 'other' })).toBe('claimed');
    expect(await claim(one.id, { key: 'another-key' })).toBe('claimed');
    expect(await claim(one.id, { key: 'A-KEY' })).toBe('claimed');
  });

  it('lets a key be claimed again once its row is too old', async () => {
    const { id } = await addUser(store());
    await claim(id, { bodyHash: 'first', createdAt: noon });
    expect(await claim(id, { bodyHash: 'second' }, noon)).toEqual({ bodyHash: 'first', tokenId: 'token-for-first' });
    expect(await claim(id, { bodyHash: 'third', createdAt: noon + 2 }, noon + 1)).toBe('claimed');
    expect(await claim(id, { bodyHash: 'fourth' }, noon + 1)).toEqual({
      bodyHash: 'third',
      tokenId: 'token-for-third',
    });
  });

  it('releases the claim if its transaction rolls back', async () => {
    const { id } = await addUser(store());
    const failing = store().transaction(async (store) => {
      await store.idempotency.claim({ userId: id, key: 'a-key', bodyHash: 'x', tokenId: 'x', createdAt: noon }, 0);
      throw new Error('name taken');
    });
    await expect(failing).rejects.toThrow('name taken');
    expect(await claim(id)).toBe('claimed');
  });

  it('lets only one of many concurrent requests claim a key', async () => {
    const { id } = await addUser(store());
    const results = await Promise.all(Array.from({ length: 10 }, () => claim(id)));
    expect(results.filter((result) => result === 'claimed')).toHaveLength(1);
  });

  it('purges a bounded number of old keys', async () => {
    const { id } = await addUser(store());
    for (const key of ['one', 'two', 'three']) await claim(id, { key });
    await claim(id, { key: 'young', createdAt: noon + 1 });
    expect(await store().idempotency.purge(noon + 1, 2)).toBe(2);
    expect(await store().idempotency.purge(noon + 1, 2)).toBe(1);
    expect(await store().idempotency.purge(noon + 1, 2)).toBe(0);
    expect(await claim(id, { key: 'young' })).not.toBe('claimed');
  });
}
