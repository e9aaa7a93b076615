import { expect, it } from 'vitest';
import { createServerClock } from '../../../server/store/engine/postgres/connections/server-clock.ts';

function openClock() {
  const monotonic = { ms: 1_000 };
  const clock = createServerClock(() => monotonic.ms);
  /** Asks the server, whose time is `serverMs` in the middle of a question that takes `duration`. */
  const ask = (serverMs: number, duration: number) => {
    const sentAt = monotonic.ms;
    monotonic.ms += duration;
    clock.record(serverMs, sentAt);
  };
  return { monotonic, clock, ask };
}

it('does not know the time before the server was asked', () => {
  expect(openClock().clock.now()).toBeNull();
});

it('extrapolates by the monotonic clock', () => {
  const { monotonic, clock, ask } = openClock();
  ask(500_000, 10);
  expect(clock.now()).toBe(500_005);
  monotonic.ms += 60_000;
  expect(clock.now()).toBe(560_005);
});

it('keeps a precise time if a slow response does not contradict it', () => {
  const { clock, ask } = openClock();
  ask(500_000, 10);
  ask(500_905, 2_000);
  expect(clock.now()).toBe(502_005);
});

it.each([600_000, -600_000])('follows the server if its clock is set by %i ms', (step) => {
  const { clock, ask } = openClock();
  ask(500_000, 10);
  ask(500_010 + step, 10);
  expect(clock.now()).toBe(500_015 + step);
});
