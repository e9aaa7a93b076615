import type { Clock } from '../../../server/domain/clock.ts';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

/** Creates a clock that moves only when a test advances it. */
export function fakeClock(start = Date.parse('2026-11-23T16:20:00.000Z')): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}
