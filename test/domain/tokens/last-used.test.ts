import { describe, expect, it } from 'vitest';
import { createLastUsed, type LastUsed, type ToldUse } from '../../../server/domain/tokens/last-used.ts';

const described = (path: string | null) => ({ method: 'GET', path, ip: null, userAgent: null });
const use = (at: number) => ({ at, ...described(`/${at}`) });
const telling = (target: string) => ({ method: 'GET', target, peer: null, forwardedFor: null, userAgent: null });
const describeUse = ({ target }: ToldUse) => described(target);
const record = (lastUsed: LastUsed, id: string, at: number, target = `/${at}`) =>
  lastUsed.record(id, at, telling(target), describeUse);

describe('last uses that wait to be written', () => {
  it('are one per token, the newest', () => {
    const lastUsed = createLastUsed();
    for (const at of [1, 3, 2]) record(lastUsed, 'a', at);
    record(lastUsed, 'b', 1);
    expect(lastUsed.drain()).toEqual([
      { ...use(3), tokenId: 'a' },
      { ...use(1), tokenId: 'b' },
    ]);
  });

  it('are the later recorded of two in one millisecond', () => {
    const lastUsed = createLastUsed();
    record(lastUsed, 'a', 1);
    record(lastUsed, 'a', 1, '/later');
    expect(lastUsed.drain()).toMatchObject([{ path: '/later' }]);
  });

  it('keep nothing of a request that told the same as the one before, but its time', () => {
    const lastUsed = createLastUsed();
    const asked: ToldUse[] = [];
    const describeIt = (told: ToldUse) => {
      asked.push(told);
      return described(told.target);
    };
    const [first, second] = [telling('/same'), telling('/same')];
    lastUsed.record('a', 1, first, describeIt);
    lastUsed.record('a', 2, second, describeIt);
    expect(lastUsed.drain()).toMatchObject([{ at: 2, path: '/same' }]);
    expect(asked[0]).toBe(first);
  });

  it.each(['method', 'target', 'peer', 'forwardedFor', 'userAgent'] as const)(
    'notice that the %s is another',
    (part) => {
      const lastUsed = createLastUsed();
      const keep = (told: ToldUse) => ({ method: told[part], path: null, ip: null, userAgent: null });
      lastUsed.record('a', 1, { ...telling('/'), [part]: 'one' }, keep);
      lastUsed.record('a', 2, { ...telling('/'), [part]: 'other' }, keep);
      expect(lastUsed.drain()).toMatchObject([{ at: 2, method: 'other' }]);
    },
  );

  it('are handed over once', () => {
    const lastUsed = createLastUsed();
    record(lastUsed, 'a', 1);
    lastUsed.drain();
    expect(lastUsed.drain()).toEqual([]);
  });

  it('come back if they could not be written, but not over newer ones', () => {
    const lastUsed = createLastUsed();
    record(lastUsed, 'a', 1);
    record(lastUsed, 'b', 1);
    const failed = lastUsed.drain();
    record(lastUsed, 'a', 2);
    lastUsed.restore(failed);
    expect(lastUsed.drain().map(({ tokenId, at }) => [tokenId, at])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
