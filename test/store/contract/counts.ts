import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Store } from '../../../server/store/store.ts';

const options = { name: 'guesses', points: 2, duration: 60 };
const second = 1000;

export function countContract(store: () => Store): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says no once the points are used up, for each key on its own', async () => {
    const limiter = store().limiter(options);
    await limiter.consume('a');
    await limiter.consume('a');
    await expect(limiter.consume('a')).rejects.toMatchObject({ consumedPoints: 3, remainingPoints: 0 });
    expect(await limiter.consume('b')).toMatchObject({ consumedPoints: 1, remainingPoints: 1 });
  });

  it('counts by name', async () => {
    const { limiter } = store();
    await limiter(options).penalty('a', 5);
    expect(await limiter({ ...options, name: 'others' }).get('a')).toBeNull();
  });

  it('gives and takes, and forgets', async () => {
    const limiter = store().limiter(options);
    expect(await limiter.get('a')).toBeNull();
    expect(await limiter.penalty('a', 1)).toMatchObject({ consumedPoints: 1 });
    expect(await limiter.penalty('a', 1)).toMatchObject({ consumedPoints: 2 });
    expect(await limiter.reward('a', 1)).toMatchObject({ consumedPoints: 1 });
    await limiter.delete('a');
    expect(await limiter.get('a')).toBeNull();
  });

  it('blocks for as long as it is told', async () => {
    const limiter = store().limiter(options);
    await limiter.block('a', 10);
    const { msBeforeNext = 0 } = (await limiter.get('a')) ?? {};
    expect(msBeforeNext).toBeGreaterThan(9 * second);
    expect(msBeforeNext).toBeLessThanOrEqual(10 * second);
    await expect(limiter.consume('a')).rejects.toMatchObject({ remainingPoints: 0 });
  });

  it('loses nothing when many count at once', async () => {
    const limiter = store().limiter(options);
    const counted = await Promise.all(Array.from({ length: 20 }, () => limiter.penalty('a', 1)));
    expect(counted.map(({ consumedPoints }) => consumedPoints).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  });

  it('takes any key', async () => {
    const limiter = store().limiter(options);
    await limiter.penalty("' OR 1=1; -- \u0000 ü", 3);
    expect(await limiter.get("' OR 1=1; -- \u0000 ü")).toMatchObject({ consumedPoints: 3 });
  });
}
