import { beforeEach, expect, it } from 'vitest';
import { createAttentionOfAll } from '../../../../server/web/tokens/list/attention.ts';
import { type FakeClock, fakeClock } from '../../../helpers/app/clock.ts';

let clock: FakeClock;
beforeEach(() => {
  clock = fakeClock(0);
});

/** Returns a function that counts what needs attention, of all tokens as many as `number`. */
function open() {
  const ofAll = createAttentionOfAll(clock);
  return (number: number) => ofAll(async () => number);
}

it('counts again for each page if few tokens need attention', async () => {
  const count = open();
  await count(1_000);
  clock.advance(2_000);
  expect(await count(7)).toMatchObject({ numbers: { denied: 7, neverExpiring: 7 }, asOf: null });
});

it('shows the numbers of the last minute with their time if very many tokens need attention', async () => {
  const count = open();
  expect(await count(1_001)).toMatchObject({ numbers: { denied: 1_001 }, asOf: null });
  clock.advance(59_000);
  expect(await count(7)).toMatchObject({ numbers: { denied: 1_001, neverExpiring: 1_001 }, asOf: 0 });
});

it('counts used canaries and second values for each page', async () => {
  const count = open();
  await count(1_001);
  expect(await count(7)).toMatchObject({ numbers: { usedCanaries: 7, canaries: 7, twoValues: 7 } });
});
