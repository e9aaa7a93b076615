import { expect, it } from 'vitest';
import type { SeenCount, TokenUses } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { limits } from '../../../../shared/limits.ts';
import { actor, addToken, addUser, nextId, noon } from '../records.ts';

const hour = Math.floor(noon / 3_600_000);
const today = Math.floor(noon / 86_400_000);

const seen = (kind: SeenCount['kind'], value: string, uses: number, firstAt = noon, lastAt = firstAt): SeenCount => ({
  kind,
  value,
  uses,
  firstAt,
  lastAt,
});

function usesOf(tokenId: string, changes: Partial<TokenUses> = {}): TokenUses {
  return {
    tokenId,
    firstAt: noon,
    hours: [{ hour, outcome: 'allowed', uses: 3 }],
    seen: [seen('route', 'GET /builds/*', 3), seen('network', '203.0.113.0/24', 3), seen('agent', 'curl/8', 3)],
    gaps: null,
    ...changes,
  };
}

export function usageContract(store: () => Store): void {
  let batches = 0;
  const add = (tokens: TokenUses[], writer: { id?: string; batch?: number; at?: number } = {}) => {
    batches += 1;
    const sorted = [...tokens].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
    const numbered = { id: 'node', batch: batches, at: noon, ...writer };
    return store().transaction((store) => store.usage.add({ writer: numbered, tokens: sorted }));
  };
  const newToken = async (owner?: string) => (await addToken(store(), owner ?? (await addUser(store())).id)).id;

  it('adds the counts of all batches, by hour and outcome, and by route, network and agent', async () => {
    const [one, two] = [await newToken(), await newToken()];
    await add([usesOf(one), usesOf(two)]);
    const later = noon + 3_600_000;
    await add([
      usesOf(one, {
        hours: [
          { hour: hour + 1, outcome: 'allowed', uses: 4 },
          { hour: hour + 1, outcome: 'expired', uses: 2 },
          { hour: hour - 24, outcome: 'paused', uses: 1 },
        ],
        seen: [seen('route', 'GET /builds/*', 4, later), seen('agent', 'git/2', 4, noon - 5, later)],
      }),
    ]);
    const { days, seen: values } = await store().usage.of(one, today - 1);
    expect(days.sort((a, b) => a.uses - b.uses)).toEqual([
      { day: today - 1, outcome: 'paused', uses: 1 },
      { day: today, outcome: 'expired', uses: 2 },
      { day: today, outcome: 'allowed', uses: 7 },
    ]);
    expect(values).toEqual(
      [
        seen('route', 'GET /builds/*', 7, noon, later),
        seen('agent', 'git/2', 4, noon - 5, later),
        seen('network', '203.0.113.0/24', 3),
        seen('agent', 'curl/8', 3),
      ].sort((a, b) => b.uses - a.uses || b.lastAt - a.lastAt || (a.value < b.value ? -1 : 1)),
    );
    expect((await store().usage.of(two, today)).days).toEqual([{ day: today, outcome: 'allowed', uses: 3 }]);
    expect(await store().usage.of(one, today + 1)).toEqual({ days: [], seen: [] });
  });

  it('stores the time of the last gap of each kind, in whatever order batches arrive', async () => {
    const token = await newToken();
    const none = { noAppAt: null, noPathAt: null, oddPathAt: null, noNetworkAt: null, noMethodAt: null };
    expect(await store().usage.gapsOf(token)).toEqual(none);
    await add([usesOf(token)]);
    expect(await store().usage.gapsOf(token)).toEqual(none);
    await add([usesOf(token, { gaps: { ...none, noAppAt: noon + 5, oddPathAt: noon } })]);
    await add([usesOf(token)]);
    await add([usesOf(token, { gaps: { ...none, noAppAt: noon + 1, oddPathAt: noon + 2, noMethodAt: noon } })]);
    const gaps = { noAppAt: noon + 5, noPathAt: null, oddPathAt: noon + 2, noNetworkAt: null, noMethodAt: noon };
    expect(await store().usage.gapsOf(token)).toEqual(gaps);
  });

  it('counts a batch once, however often it is sent, and each writer on its own', async () => {
    const token = await newToken();
    const uses = async () => (await store().usage.of(token, today)).days[0]?.uses;
    await add([usesOf(token)], { batch: 1001 });
    expect(await add([usesOf(token)], { batch: 1001 })).toEqual([]);
    expect(await uses()).toBe(3);
    await add([usesOf(token)], { batch: 1002 });
    await add([usesOf(token)], { id: 'other node', batch: 1001 });
    expect(await uses()).toBe(9);
  });

  it('counts a batch once if both tries overlap', async () => {
    const token = await newToken();
    await Promise.all([1, 2, 3, 4].map(() => add([usesOf(token)], { batch: 2001 })));
    expect((await store().usage.of(token, today)).days[0]?.uses).toBe(3);
  });

  it('adds the batches of several nodes that write the same tokens at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => newToken()));
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (id) => {
        for (let batch = 1; batch <= 5; batch += 1)
          await add(
            tokens.map((token) => usesOf(token)),
            { id, batch },
          );
      }),
    );
    for (const token of tokens) expect((await store().usage.of(token, today)).days[0]?.uses).toBe(60);
  });

  it('reports the networks that were not stored before', async () => {
    const [one, two] = [await newToken(), await newToken()];
    const first = { network: '203.0.113.0/24', at: noon, uses: 3 };
    expect(await add([usesOf(one)])).toEqual([{ tokenId: one, ...first }]);
    expect(await add([usesOf(one), usesOf(two)])).toEqual([{ tokenId: two, ...first }]);
    const moved = usesOf(one, { seen: [seen('network', '203.0.113.0/24', 3), seen('network', '2001:db8::/48', 1)] });
    expect(await add([moved])).toEqual([{ tokenId: one, network: '2001:db8::/48', at: noon, uses: 1 }]);
  });

  it('keeps the 200 most recent values of each kind', async () => {
    const token = await newToken();
    const many = (kind: SeenCount['kind'], count: number, at: number) =>
      Array.from({ length: count }, (_, index) => seen(kind, `${kind} ${at} ${index}`, 1, at + index));
    await add([usesOf(token, { seen: [...many('route', 200, noon), ...many('agent', 3, noon)] })]);
    await add([
      usesOf(token, { seen: [...many('route', 30, noon + 1000), seen('route', `route ${noon} 0`, 1, noon + 9000)] }),
    ]);
    const values = (await store().usage.of(token, today)).seen;
    const routes = values.filter(({ kind }) => kind === 'route');
    expect(routes).toHaveLength(limits.maxSeenValues);
    expect(values.filter(({ kind }) => kind === 'agent')).toHaveLength(3);
    const kept = new Set(routes.map(({ value }) => value));
    expect(kept.has(`route ${noon} 0`)).toBe(true);
    for (let index = 1; index <= 30; index += 1) expect(kept.has(`route ${noon} ${index}`)).toBe(false);
    expect(kept.has(`route ${noon} 31`)).toBe(true);
  });

  it('skips tokens that no longer exist, and forgets the usage of a token with the token', async () => {
    const [kept, gone] = [await newToken(), await newToken()];
    await add([usesOf(kept), usesOf(gone)]);
    await store().tokens.destroy(gone, noon, actor);
    expect(await store().usage.of(gone, today)).toEqual({ days: [], seen: [] });
    await add([usesOf(kept), usesOf(gone), usesOf(nextId())]);
    expect(await store().usage.of(gone, today)).toEqual({ days: [], seen: [] });
    expect((await store().usage.of(kept, today)).days[0]?.uses).toBe(6);
  });

  it('claims one notice a day for a token that is old enough, used enough and not quiet', async () => {
    const rule = { minAgeMs: 1000, minUses: 5 };
    const owner = (await addUser(store())).id;
    const token = (await addToken(store(), owner)).id;
    const quiet = (await addToken(store(), owner, { quietNetworks: true })).id;
    const network = { tokenId: token, network: '2001:db8::/48', at: noon + 1000, uses: 1 };
    const claim = (changes: object = {}) => store().usage.claimNetworkNotice({ ...network, ...changes }, rule);
    await add([usesOf(token), usesOf(quiet)]);
    await add([usesOf(token), usesOf(quiet)]);
    expect(await claim({ at: noon + 999 })).toBe(false);
    expect(await claim({ uses: 2 })).toBe(false);
    expect(await claim({ tokenId: quiet })).toBe(false);
    expect(await claim({ tokenId: nextId() })).toBe(false);
    expect((await Promise.all([1, 2, 3, 4].map(() => claim()))).filter(Boolean)).toHaveLength(1);
    expect(await claim()).toBe(false);
    expect(await claim({ at: noon + 86_400_000 })).toBe(true);
    expect(await claim()).toBe(false);
  });

  it('deletes old hours and old writers in batches', async () => {
    const token = await newToken();
    const hours = [hour - 2, hour - 1, hour].map((at) => ({ hour: at, outcome: 'allowed', uses: 1 }));
    await add([usesOf(token, { hours })], { id: 'old', batch: 1, at: noon - 1 });
    expect(await store().usage.purgeHours(hour, 1)).toBe(1);
    expect(await store().usage.purgeHours(hour, 10)).toBe(1);
    expect(await store().usage.purgeHours(hour, 10)).toBe(0);
    expect((await store().usage.of(token, today - 1)).days).toEqual([{ day: today, outcome: 'allowed', uses: 1 }]);
    expect(await store().usage.purgeWriters(noon - 1, 10)).toBe(0);
    expect(await store().usage.purgeWriters(noon, 10)).toBe(1);
  });

  it('stores text in any language', async () => {
    const token = await newToken();
    const value = `GET /${'😀'.repeat(251)}`;
    await add([usesOf(token, { seen: [seen('route', value, 1)] })]);
    expect((await store().usage.of(token, today)).seen).toEqual([seen('route', value, 1)]);
  });
}
