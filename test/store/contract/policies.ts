import { expect, it } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { noon } from './records.ts';

const day = 24 * 60 * 60 * 1000;

export function policyContract(store: () => Store): void {
  const start = async (valueMs: number | null, now: number) =>
    (await store().policies.start('max-idle', valueMs, now)).map((row) => [row.valueMs, row.firstServedAt]);

  it('remembers when a value was first served', async () => {
    expect(await start(90 * day, noon)).toEqual([[90 * day, noon]]);
    expect(await start(90 * day, noon + 5)).toEqual([[90 * day, noon]]);
  });

  it('keeps the longer values before a shorter one', async () => {
    await start(90 * day, noon);
    expect(await start(30 * day, noon + 5)).toEqual([
      [30 * day, noon + 5],
      [90 * day, noon],
    ]);
  });

  it('takes over the start of a shorter value, and forgets that value', async () => {
    await start(90 * day, noon);
    await start(30 * day, noon + 5);
    expect(await start(60 * day, noon + 9)).toEqual([
      [60 * day, noon + 5],
      [90 * day, noon],
    ]);
    expect(await start(30 * day, noon + 20)).toEqual([
      [30 * day, noon + 20],
      [60 * day, noon + 5],
      [90 * day, noon],
    ]);
  });

  it('forgets every value when the database is served without the policy', async () => {
    await start(90 * day, noon);
    expect(await start(null, noon + 5)).toEqual([]);
    expect(await start(90 * day, noon + 9)).toEqual([[90 * day, noon + 9]]);
  });
}
