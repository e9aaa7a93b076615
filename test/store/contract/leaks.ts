import { expect, it } from 'vitest';
import { createSessionLifetimes } from '../../../server/domain/sign-in/session-lifetimes.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import type { NewLeak } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { limits } from '../../../shared/limits.ts';
import { actor, addToken, addUser, noon } from './records.ts';

const hour = 60 * 60 * 1000;
/** The purge job deletes 500 rows at a time. */
const moreThanOneBatch = 501;

function leak(changes: Partial<NewLeak> = {}): NewLeak {
  return {
    ...{ hash: 'hash-1', tokenId: 'token-1', ownerId: 'owner-1', prefix: 'tok_12345678', name: 'deploy' },
    ...{ source: 'commit', url: 'https://git.example.com/a', outcome: 'notified', at: noon },
    ...changes,
  };
}

export function leakContract(store: () => Store): void {
  const reportAt = (leak: NewLeak, places: string[] = [], isUndone = false) =>
    store().transaction((store) => store.leaks.report(leak, { places, isUndone }));
  const report = async (changes: Partial<NewLeak> = {}) => (await reportAt(leak(changes))).isActing;
  const claim = (at: number, limit = 10) => store().transaction((store) => store.leaks.claimUntold(at, hour, limit));

  it('says of one of several reports of a value that it is the first, and counts the others', async () => {
    const results = await Promise.all([report(), report(), report({ at: noon + 5 })]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await claim(noon + 10)).toMatchObject([{ hash: 'hash-1', reports: 3, lastAt: noon + 5 }]);
    expect(await report({ hash: 'hash-2' })).toBe(true);
  });

  it('takes a report that does something stricter for a first one', async () => {
    expect(await report({ outcome: 'notified' })).toBe(true);
    expect(await claim(noon)).toHaveLength(1);
    expect(await report({ outcome: 'revoked', at: noon + hour })).toBe(true);
    expect(await report({ outcome: 'paused' })).toBe(false);
    expect(await report({ outcome: 'revoked' })).toBe(false);
    expect(await claim(noon + hour)).toMatchObject([{ outcome: 'revoked', reports: 4, firstAt: noon }]);
  });

  it('counts a report as the first one if it repeats an action that was undone, and in no other case', async () => {
    expect(await report({ outcome: 'paused' })).toBe(true);
    expect(await claim(noon)).toHaveLength(1);
    expect((await reportAt(leak({ outcome: 'notified' }), [], true)).isActing).toBe(false);
    expect((await reportAt(leak({ outcome: 'paused' }), [], true)).isActing).toBe(true);
    expect(await claim(noon + hour)).toMatchObject([{ outcome: 'paused', reports: 3 }]);
  });

  it('remembers a bounded number of places of each value', async () => {
    expect(await reportAt(leak(), ['a', 'b'])).toEqual({ isActing: true, newPlaces: ['a', 'b'] });
    expect(await reportAt(leak(), ['b', 'c', 'a'])).toEqual({ isActing: false, newPlaces: ['c'] });
    const results = await Promise.all([reportAt(leak(), ['d']), reportAt(leak(), ['d'])]);
    expect(results.flatMap(({ newPlaces }) => newPlaces)).toEqual(['d']);
    const many = Array.from({ length: limits.maxLeakPlaces }, (_, index) => `more-${index}`);
    expect((await reportAt(leak(), many)).newPlaces).toEqual(many.slice(0, limits.maxLeakPlaces - 4));
    expect((await reportAt(leak(), ['last'])).newPlaces).toEqual([]);
    expect((await reportAt(leak({ hash: 'hash-2' }), ['a'])).newPlaces).toEqual(['a']);
  });

  it('claims the reports since the last claim, at most once an interval, oldest first', async () => {
    await report({ hash: 'hash-2', at: noon + 2 });
    await report({ hash: 'hash-1', at: noon + 1, source: null, url: null });
    expect(await claim(noon + 5)).toMatchObject([
      { hash: 'hash-1', source: null, url: null },
      { hash: 'hash-2', source: 'commit', url: 'https://git.example.com/a', name: 'deploy', firstAt: noon + 2 },
    ]);
    await report({ hash: 'hash-3', at: noon + 6 });
    expect(await claim(noon + 4 + hour)).toEqual([]);
    expect(await claim(noon + 5 + hour)).toMatchObject([{ hash: 'hash-3' }]);
    expect(await claim(noon + 5 + 3 * hour)).toEqual([]);
  });

  it('claims in one of several transactions at the same time', async () => {
    await report();
    const claims = await Promise.all([claim(noon), claim(noon), claim(noon)]);
    expect(claims.flat()).toHaveLength(1);
  });

  it('claims at most `limit` reports', async () => {
    await report();
    await report({ hash: 'hash-2', at: noon + 1 });
    expect(await claim(noon + 1, 1)).toMatchObject([{ hash: 'hash-1' }]);
    expect(await claim(noon + 1 + hour, 1)).toMatchObject([{ hash: 'hash-2' }]);
  });

  it('purges old reports of tokens that no longer exist', async () => {
    await report({ at: noon });
    await report({ hash: 'hash-2', at: noon });
    await report({ hash: 'hash-3', at: noon + 1 });
    expect(await store().leaks.purge(noon, 10)).toBe(0);
    expect(await store().leaks.purge(noon + 1, 1)).toBe(1);
    expect(await store().leaks.purge(noon + 1, 10)).toBe(1);
    expect(await claim(noon + 2)).toMatchObject([{ hash: 'hash-3' }]);
  });

  it('forgets a report 90 days after the last one through the purge job, unless the token still exists', async () => {
    const clock = { time: noon, now: () => clock.time };
    const limit = { idle: 1, max: 1 };
    const purge = createPurge({
      ...{ store: store(), clock, config: { keepUsage: 1, keepExpired: 1 } },
      sessionLifetimes: createSessionLifetimes(clock, { console: limit, program: limit }),
    });
    const runAt = async (time: number) => {
      clock.time = time;
      await purge.run(new AbortController().signal);
    };
    const token = await addToken(store(), (await addUser(store())).id);
    await report({ hash: 'of-a-token', tokenId: token.id });
    await report({ hash: 'reported-again' });
    await report({ hash: 'reported-again', at: noon + 1 });
    await store().transaction(async (store) => {
      for (let i = 0; i < moreThanOneBatch; i += 1)
        await store.leaks.report(leak({ hash: `old-${i}` }), { places: [], isUndone: false });
    });
    await runAt(noon + limits.tombstoneRetentionMs);
    expect(await claim(clock.time, 2 * moreThanOneBatch)).toHaveLength(moreThanOneBatch + 2);
    await runAt(noon + limits.tombstoneRetentionMs + 1);
    expect(await report({ hash: 'of-a-token', at: noon })).toBe(false);
    expect(await store().leaks.purge(clock.time, 2 * moreThanOneBatch)).toBe(1);
    await store().tokens.destroy(token.id, noon, actor);
    await runAt(clock.time);
    expect(await report({ hash: 'of-a-token' })).toBe(true);
  });
}
