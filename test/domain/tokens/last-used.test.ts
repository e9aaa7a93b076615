import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLastUsed, type LastUsed, type ObservedRequest } from '../../../server/domain/tokens/last-used.ts';

const request = (target: string): ObservedRequest => ({
  method: 'GET',
  target,
  peer: null,
  forwardedFor: null,
  userAgent: null,
  appId: null,
  wouldDeny: null,
});
const normalize = ({ target }: ObservedRequest) => ({ method: 'GET', path: target, ip: null, userAgent: null });
const current = (id: string) => ({ id, prefix: `tok_${id}`, validUntil: null });
const record = (lastUsed: LastUsed, id: string, at: number, target = `/${at}`) =>
  lastUsed.record(current(id), at, request(target));
const use = (tokenId: string, at: number) => ({
  tokenId,
  prefix: `tok_${tokenId}`,
  previous: false,
  at,
  ...normalize(request(`/${at}`)),
});

describe('the buffer of last uses', () => {
  it('holds one use per token, the newest', () => {
    const lastUsed = createLastUsed({ normalize });
    for (const at of [1, 3, 2]) record(lastUsed, 'a', at);
    record(lastUsed, 'b', 1);
    expect(lastUsed.pending()).toBe(2);
    expect(lastUsed.drain()).toEqual([use('a', 3), use('b', 1)]);
  });

  it('keeps the later of two uses in the same millisecond', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 1);
    record(lastUsed, 'a', 1, '/later');
    expect(lastUsed.drain()).toMatchObject([{ path: '/later' }]);
  });

  it('normalizes only on drain, and only the newest use of a token', () => {
    const normalized: ObservedRequest[] = [];
    const lastUsed = createLastUsed({
      normalize: (observed) => {
        normalized.push(observed);
        return normalize(observed);
      },
    });
    for (const at of [1, 2, 3]) record(lastUsed, 'a', at);
    expect(normalized).toEqual([]);
    lastUsed.drain();
    expect(normalized).toEqual([request('/3')]);
  });

  it('keeps the newest use of a token that was used again after some requests were normalized', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 2);
    record(lastUsed, 'b', 2);
    lastUsed.normalizeSome(1);
    record(lastUsed, 'a', 3);
    record(lastUsed, 'b', 1);
    expect(lastUsed.pending()).toBe(2);
    expect(lastUsed.drain()).toEqual([use('a', 3), use('b', 2)]);
    expect(lastUsed.pending()).toBe(0);
  });

  it('keeps the strings of the earlier request if the next one has equal texts', () => {
    const normalized: ObservedRequest[] = [];
    const lastUsed = createLastUsed({
      normalize: (observed) => {
        normalized.push(observed);
        return normalize(observed);
      },
    });
    const [first, second] = [request('/same'), request('/same')];
    lastUsed.record(current('a'), 1, first);
    lastUsed.record(current('a'), 2, second);
    expect(lastUsed.drain()).toMatchObject([{ at: 2, path: '/same' }]);
    expect(normalized[0]).toBe(first);
  });

  it.each(['method', 'target', 'peer', 'forwardedFor', 'userAgent', 'appId', 'wouldDeny'] as const)(
    'replaces the earlier request if only the %s differs',
    (part) => {
      const path = (observed: ObservedRequest) => ({ ...normalize(observed), path: observed[part] });
      const lastUsed = createLastUsed({ normalize: path });
      lastUsed.record(current('a'), 1, { ...request('/'), [part]: 'one' });
      lastUsed.record(current('a'), 2, { ...request('/'), [part]: 'other' });
      expect(lastUsed.drain()).toMatchObject([{ at: 2, path: 'other' }]);
    },
  );

  it('keeps a use that a proxy reported if the token is then used without a report, for a day', () => {
    const day = 24 * 60 * 60 * 1000;
    const lastUsed = createLastUsed({ normalize });
    const unreported = { ...request(''), target: null };
    record(lastUsed, 'a', 1, '/builds');
    lastUsed.record(current('a'), 2, unreported);
    lastUsed.restore(lastUsed.drain());
    lastUsed.record(current('a'), day, unreported);
    expect(lastUsed.drain()).toMatchObject([{ at: 1, path: '/builds' }]);

    record(lastUsed, 'a', 1, '/builds');
    lastUsed.record(current('a'), 1 + day, unreported);
    expect(lastUsed.drain()).toMatchObject([{ at: 1 + day, path: null }]);

    lastUsed.record(current('a'), 1, unreported);
    record(lastUsed, 'a', 2, '/builds');
    expect(lastUsed.drain()).toMatchObject([{ at: 2, path: '/builds' }]);
  });

  it('is empty after a drain', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 1);
    lastUsed.drain();
    expect(lastUsed.pending()).toBe(0);
    expect(lastUsed.drain()).toEqual([]);
  });

  it('returns restored uses again, unless a newer use of the token was recorded', () => {
    const lastUsed = createLastUsed({ normalize });
    for (const id of ['a', 'b', 'c']) record(lastUsed, id, 2);
    const failed = lastUsed.drain();
    record(lastUsed, 'a', 3);
    record(lastUsed, 'c', 1);
    lastUsed.restore(failed);
    expect(lastUsed.pending()).toBe(3);
    expect(lastUsed.drain()).toEqual([use('a', 3), use('b', 2), use('c', 2)]);
    expect(lastUsed.drain()).toEqual([]);
  });

  it('prefers a use that was recorded in the millisecond of a restored one', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 1);
    lastUsed.restore(lastUsed.drain());
    record(lastUsed, 'a', 1, '/later');
    expect(lastUsed.drain()).toMatchObject([{ path: '/later' }]);
  });

  it('holds a use of a previous value beside one of the current value', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 3);
    lastUsed.record({ id: 'a', prefix: 'tok_old', validUntil: 9 }, 1, request('/1'));
    lastUsed.restore(lastUsed.drain());
    expect(lastUsed.drain()).toEqual([use('a', 3), { ...use('a', 1), prefix: 'tok_old', previous: true }]);
  });

  it('lets a use of the new value replace one of the value before it, even without a path', () => {
    const lastUsed = createLastUsed({ normalize });
    record(lastUsed, 'a', 1);
    lastUsed.record({ ...current('a'), prefix: 'tok_new' }, 2, { ...request(''), target: null });
    expect(lastUsed.drain()).toMatchObject([{ prefix: 'tok_new', at: 2, path: null }]);
  });
});

describe('counting', () => {
  const hour = 3_600_000;
  type Counted = { tokenId: string; at: number; path: string | null; uses: number; lastAt: number };
  const counting = () => {
    const counted: Counted[] = [];
    const countUses = (tokenId: string, at: number, { target: path }: ObservedRequest, uses: number, lastAt: number) =>
      counted.push({ tokenId, at, path, uses, lastAt });
    return { counted, lastUsed: createLastUsed({ normalize, countUses }) };
  };

  const hourOf = (at: number) => Math.floor(at / hour);
  /** Returns the sum of uses by token, hour and path. */
  const sums = (counted: Counted[]) => {
    const sums: Record<string, number> = {};
    for (const { tokenId, at, path, uses } of counted) {
      const key = `${tokenId} ${hourOf(at)} ${path}`;
      sums[key] = (sums[key] ?? 0) + uses;
    }
    return sums;
  };

  it('passes equal uses of a token in a row once, when the buffer is drained', () => {
    const { counted, lastUsed } = counting();
    for (const at of [2, 3, 5]) record(lastUsed, 'a', at, '/builds');
    expect(counted).toEqual([]);
    lastUsed.restore(lastUsed.drain());
    lastUsed.drain();
    expect(counted).toEqual([{ tokenId: 'a', at: 2, path: '/builds', uses: 3, lastAt: 5 }]);
  });

  it('passes the newest time of equal uses, and a use before the first of them separately', () => {
    const { counted, lastUsed } = counting();
    for (const at of [5, 7, 6, 3]) record(lastUsed, 'a', at, '/builds');
    lastUsed.drain();
    expect(counted.map(({ at, uses, lastAt }) => [at, uses, lastAt])).toEqual([
      [5, 3, 7],
      [3, 1, 3],
    ]);
  });

  it('counts a use without a path although it does not replace the last use', () => {
    const { counted, lastUsed } = counting();
    record(lastUsed, 'a', 1, '/builds');
    lastUsed.record(current('a'), 2, { ...request(''), target: null });
    record(lastUsed, 'a', 3, '/builds');
    expect(lastUsed.drain()).toMatchObject([{ at: 3, path: '/builds' }]);
    expect(counted.map(({ path, uses }) => [path, uses])).toEqual([
      ['/builds', 1],
      [null, 1],
      ['/builds', 1],
    ]);
  });

  it('counts every use once, in its hour, whatever the clock and the values', () => {
    const use = fc.record({
      token: fc.constantFrom('a', 'b'),
      at: fc.constantFrom(hour - 2, hour - 1, hour, hour + 1, 3 * hour),
      path: fc.constantFrom('/one', '/two', null),
      previous: fc.boolean(),
      drains: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(use), (uses) => {
        const { counted, lastUsed } = counting();
        for (const { token, at, path, previous, drains } of uses) {
          const value = previous ? { id: token, prefix: 'tok_old', validUntil: 1 } : current(token);
          lastUsed.record(value, at, { ...request(''), target: path });
          if (drains === 0) lastUsed.drain();
        }
        lastUsed.drain();
        const single = uses.map(({ token, at, path }) => ({ tokenId: token, at, path, uses: 1, lastAt: at }));
        expect(sums(counted)).toEqual(sums(single));
        for (const { at, lastAt } of counted) expect(hourOf(at)).toBe(hourOf(lastAt));
        const times = new Set(uses.map(({ token, at }) => `${token} ${at}`));
        const ends = counted.flatMap(({ tokenId, at, lastAt }) => [`${tokenId} ${at}`, `${tokenId} ${lastAt}`]);
        expect(ends.filter((end) => !times.has(end))).toEqual([]);
      }),
    );
  });
});
