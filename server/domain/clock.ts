/** Wall time, in milliseconds since the epoch. Passed in everywhere, so that tests decide what time it is. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
