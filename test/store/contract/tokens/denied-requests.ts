import { expect, it } from 'vitest';
import type { DeniedRequest, NewDeniedRequest } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { limits } from '../../../../shared/limits.ts';
import { actor, addToken, addUser, newDenied, nextId, noon } from '../records.ts';

function stored({ tokenId: _, ...request }: NewDeniedRequest): DeniedRequest {
  return request;
}

export function deniedRequestContract(store: () => Store): void {
  const newToken = async () => (await addToken(store(), (await addUser(store())).id)).id;
  const add = (requests: NewDeniedRequest[], now = noon) =>
    store().transaction((store) => store.usage.addDenied(requests, now));
  const lastOf = async (id: string) => (await store().tokens.findById(id))?.lastDenied;

  it('returns the denied requests of a token, newest first, and the last one with the token', async () => {
    const [one, two, quiet] = [await newToken(), await newToken(), await newToken()];
    const first = newDenied(one, {
      at: noon - 2,
      reason: 'expired',
      method: null,
      path: null,
      ip: null,
      userAgent: null,
    });
    const last = newDenied(one, { at: noon, reason: 'app', appId: 'app-1', path: '/ä\u0000\ud800' });
    const other = newDenied(two, { at: noon - 1 });
    await add([last, other, first]);
    const shown = { ...stored(last), path: '/ä\ufffd\ufffd' };
    expect(await store().usage.deniedOf(one)).toEqual([shown, stored(first)]);
    expect(await lastOf(one)).toEqual(shown);
    const listed = await store().tokens.list({ limit: 1000, before: null, now: noon });
    expect(listed.find(({ id }) => id === two)?.lastDenied).toEqual(stored(other));
    expect(await lastOf(quiet)).toBeNull();
    expect(await store().usage.deniedOf(quiet)).toEqual([]);
  });

  it('keeps the newest requests of each token, whichever batch had them', async () => {
    const [token, other] = [await newToken(), await newToken()];
    const many = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => newDenied(token, { at: from + index, path: `/${from + index}` }));
    const kept = newDenied(other, { at: noon - 100_000 });
    await add([...many(15, noon), kept]);
    await add(many(15, noon - 10));
    const found = await store().usage.deniedOf(token);
    const all = [...many(15, noon), ...many(15, noon - 10)].map(({ at }) => at).sort((a, b) => b - a);
    expect(found.map(({ at }) => at)).toEqual(all.slice(0, limits.maxDeniedRequests));
    expect(await store().usage.deniedOf(other)).toEqual([stored(kept)]);
  });

  it('stores a request once that is written again', async () => {
    const token = await newToken();
    const request = newDenied(token);
    await add([request]);
    await add([request, newDenied(token, { at: noon + 1 })]);
    expect(await store().usage.deniedOf(token)).toHaveLength(2);
  });

  it('skips tokens that no longer exist, and forgets the requests of a token with the token', async () => {
    const [kept, gone] = [await newToken(), await newToken()];
    await add([newDenied(kept), newDenied(gone)]);
    await store().tokens.destroy(gone, noon, actor);
    expect(await store().usage.deniedOf(gone)).toEqual([]);
    await add([newDenied(gone), newDenied(nextId()), newDenied(kept, { at: noon + 1 })]);
    expect(await store().usage.deniedOf(gone)).toEqual([]);
    expect(await store().usage.deniedOf(kept)).toHaveLength(2);
  });

  it('deletes requests from a time that a wrong clock told, with the next request of the token', async () => {
    const token = await newToken();
    await add([newDenied(token, { at: noon + 3_600_000 })], noon + 3_600_000);
    await add([newDenied(token, { at: noon + 30_000 })]);
    expect((await store().usage.deniedOf(token)).map(({ at }) => at)).toEqual([noon + 30_000]);
  });

  it('writes requests of the same tokens from several nodes at the same time', async () => {
    const tokens = [await newToken(), await newToken(), await newToken()];
    const batches = Array.from({ length: 6 }, (_, batch) =>
      (batch % 2 === 0 ? tokens : tokens.toReversed()).flatMap((token) =>
        Array.from({ length: 8 }, (_, index) => newDenied(token, { at: noon + batch * 10 + index })),
      ),
    );
    await Promise.all(batches.map((batch) => add(batch)));
    for (const token of tokens) {
      const found = await store().usage.deniedOf(token);
      expect(found).toHaveLength(limits.maxDeniedRequests);
      expect(found[0]?.at).toBe(noon + 57);
    }
  });
}
