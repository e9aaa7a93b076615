/** Wall-clock time. Passed in everywhere, so that tests can set it. */
export interface Clock {
  /** Returns milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
