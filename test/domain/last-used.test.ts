import { describe, expect, it } from 'vitest';
import { createLastUsed, type LastUsed } from '../../server/domain/last-used.ts';

const described = (path: string) => ({ method: 'GET', path, ip: null, userAgent: null });
const use = (at: number) => ({ at, ...described(`/${at}`) });
const record = (lastUsed: LastUsed, id: string, at: number) => lastUsed.record(id, at, () => described(`/${at}`));

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
    lastUsed.record('a', 1, () => described('/later'));
    expect(lastUsed.drain()).toMatchObject([{ path: '/later' }]);
  });

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
