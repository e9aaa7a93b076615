import { expect, it } from 'vitest';
import { createClockSetBack } from '../../server/jobs/clock-set-back.ts';

it('makes waiting mails due once each time the clock is set back, and at no other time', async () => {
  let time = Date.UTC(2026, 10, 25, 12);
  let monotonic = 1_000;
  const broughtForwardAt: number[] = [];
  const deliveriesAt: number[] = [];
  const warnings: unknown[] = [];
  const job = createClockSetBack({
    outbox: { bringForward: async (now) => broughtForwardAt.push(now) },
    deliveries: { bringForward: async (now) => void deliveriesAt.push(now) },
    clock: { now: () => time },
    monotonic: () => monotonic,
    log: { warn: (fields) => void warnings.push(fields) },
  });
  const advance = async (ms: number, jump = 0) => {
    time += ms + jump;
    monotonic += ms;
    await job.run(new AbortController().signal);
  };
  await advance(1_000);
  await advance(1_000, 3_600_000);
  await advance(60_000);
  await advance(1_000, -400);
  expect(broughtForwardAt).toEqual([]);
  await advance(1_000, -3_600_000);
  expect(broughtForwardAt).toEqual([time]);
  await advance(1_000);
  await advance(1_000, -7_000);
  expect(broughtForwardAt).toHaveLength(2);
  expect(deliveriesAt).toEqual(broughtForwardAt);
  expect(warnings).toEqual([{ seconds: 3_600 }, { seconds: 7 }]);
});
