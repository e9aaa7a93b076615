import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../../../server/store/store.ts';

const options = { name: 'guesses', limit: 2, windowSeconds: 60 };
const second = 1000;
const nothing = { count: 0, retryAfterMs: 0 };

export function countContract(store: () => Store): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('denies a key above the limit and leaves other keys alone', async () => {
    const limiter = store().limiter(options);
    await limiter.consume('a');
    expect(await limiter.consume('a')).toMatchObject({ allowed: true, count: 2 });
    expect(await limiter.consume('a')).toMatchObject({ allowed: false, count: 3 });
    expect(await limiter.consume('b')).toMatchObject({ allowed: true, count: 1 });
  });

  it('keeps the counts of differently named limiters apart', async () => {
    const { limiter } = store();
    await limiter(options).increment('a');
    expect(await limiter({ ...options, name: 'others' }).get('a')).toEqual(nothing);
  });

  it('increments, decrements and resets', async () => {
    const limiter = store().limiter(options);
    expect(await limiter.get('a')).toEqual(nothing);
    expect(await limiter.increment('a')).toMatchObject({ count: 1 });
    expect(await limiter.increment('a')).toMatchObject({ count: 2 });
    expect(await limiter.decrement('a')).toMatchObject({ count: 1 });
    await limiter.reset('a');
    expect(await limiter.get('a')).toEqual(nothing);
    expect(await limiter.decrement('a')).toMatchObject({ count: -1 });
  });

  it('blocks for the given time', async () => {
    const limiter = store().limiter(options);
    await limiter.block('a', 10);
    const { retryAfterMs } = await limiter.get('a');
    expect(retryAfterMs).toBeGreaterThan(9 * second);
    expect(retryAfterMs).toBeLessThanOrEqual(10 * second);
    expect(await limiter.consume('a')).toMatchObject({ allowed: false });
  });

  it('starts a window of the given length only if none is running', async () => {
    const limiter = store().limiter(options);
    const first = await limiter.increment('a', 10);
    expect(first.retryAfterMs).toBeGreaterThan(9 * second);
    expect(first.retryAfterMs).toBeLessThanOrEqual(10 * second);
    const again = await limiter.increment('a', 50);
    expect(again.count).toBe(2);
    expect(again.retryAfterMs).toBeLessThanOrEqual(first.retryAfterMs);
  });

  it('loses no count when many arrive concurrently', async () => {
    const limiter = store().limiter(options);
    const counted = await Promise.all(Array.from({ length: 20 }, () => limiter.increment('a')));
    expect(counted.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  it('accepts any key', async () => {
    const limiter = store().limiter(options);
    const key = "' OR 1=1; -- \u0000 ü";
    await limiter.increment(key);
    expect(await limiter.get(key)).toMatchObject({ count: 1 });
  });
}
