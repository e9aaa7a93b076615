import { expect, it } from 'vitest';
import { createClockSetBack } from '../../server/jobs/clock-set-back.ts';

it('brings waiting mails forward once for each time the clock is set back, and never else', async () => {
  let time = Date.UTC(2026, 10, 25, 12);
  let steady = 1_000;
  const forward: number[] = [];
  const told: unknown[] = [];
  const job = createClockSetBack({
    outbox: { bringForward: async (now) => void forward.push(now) },
    clock: { now: () => time },
    steady: () => steady,
    log: { warn: (fields) => void told.push(fields) },
  });
  const pass = async (ms: number, jump = 0) => {
    time += ms + jump;
    steady += ms;
    await job.run(new AbortController().signal);
  };
  await pass(1_000);
  await pass(1_000, 3_600_000);
  await pass(60_000);
  await pass(1_000, -400);
  expect(forward).toEqual([]);
  await pass(1_000, -3_600_000);
  expect(forward).toEqual([time]);
  await pass(1_000);
  await pass(1_000, -7_000);
  expect(forward).toHaveLength(2);
  expect(told).toEqual([{ seconds: 3_600 }, { seconds: 7 }]);
});
