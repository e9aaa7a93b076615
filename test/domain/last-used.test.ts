import { describe, expect, it } from 'vitest';
import { createLastUsed } from '../../server/domain/last-used.ts';

const use = (at: number) => ({ at, method: 'GET', path: `/${at}`, ip: null, userAgent: null });

describe('last uses that wait to be written', () => {
  it('are one per token, the newest', () => {
    const lastUsed = createLastUsed();
    for (const at of [1, 3, 2]) lastUsed.record('a', use(at));
    lastUsed.record('b', use(1));
    expect(lastUsed.drain()).toEqual([
      { ...use(3), tokenId: 'a' },
      { ...use(1), tokenId: 'b' },
    ]);
  });

  it('are the later recorded of two in one millisecond', () => {
    const lastUsed = createLastUsed();
    lastUsed.record('a', use(1));
    lastUsed.record('a', { ...use(1), path: '/later' });
    expect(lastUsed.drain()).toMatchObject([{ path: '/later' }]);
  });

  it('are handed over once', () => {
    const lastUsed = createLastUsed();
    lastUsed.record('a', use(1));
    lastUsed.drain();
    expect(lastUsed.drain()).toEqual([]);
  });

  it('come back if they could not be written, but not over newer ones', () => {
    const lastUsed = createLastUsed();
    lastUsed.record('a', use(1));
    lastUsed.record('b', use(1));
    const failed = lastUsed.drain();
    lastUsed.record('a', use(2));
    lastUsed.restore(failed);
    expect(lastUsed.drain().map(({ tokenId, at }) => [tokenId, at])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
