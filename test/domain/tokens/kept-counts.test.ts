import { beforeEach, expect, it } from 'vitest';
import { createKeptCounts } from '../../../server/domain/tokens/report/kept-counts.ts';
import { fakeClock } from '../../helpers/app/clock.ts';

const second = 1_000;

let clock: ReturnType<typeof fakeClock>;
let counted: number;
beforeEach(() => {
  clock = fakeClock(0);
  counted = 0;
});

/** Opens counts that each take `takesMs`. Those that take a second are kept for a minute, and not returned after five. */
function open(takesMs: number) {
  const count = async () => {
    counted += 1;
    clock.advance(takesMs);
    return counted;
  };
  const isQuick = ({ tookMs }: { tookMs: number }) => tookMs < second;
  const times = { freshMs: 60 * second, maxAgeMs: 300 * second };
  const latest = createKeptCounts<number>({ clock, isQuick, ...times, keepsQuick: false });
  return () => latest(count);
}

it('counts again for each call if that does not take long', async () => {
  const latest = open(second - 1);
  expect((await latest()).numbers).toBe(1);
  expect((await latest()).numbers).toBe(2);
});

it('returns numbers of the last minute, with their time, if counting takes long', async () => {
  const latest = open(second);
  expect(await latest()).toMatchObject({ at: 0, numbers: 1 });
  clock.advance(58 * second);
  expect(await latest()).toMatchObject({ at: 0, numbers: 1 });
  expect(counted).toBe(1);
});

it('returns older numbers while new ones are counted', async () => {
  const latest = open(second);
  await latest();
  clock.advance(60 * second);
  expect((await latest()).numbers).toBe(1);
  await expect.poll(async () => (await latest()).numbers).toBe(2);
});

it('waits for new numbers if the last ones are older than five minutes', async () => {
  const latest = open(second);
  await latest();
  clock.advance(300 * second);
  expect((await latest()).numbers).toBe(2);
});
