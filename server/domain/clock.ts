/** Wall-clock time. Passed in everywhere, so that tests can set it. */
export interface Clock {
  /** Returns milliseconds since the epoch. */
  now(): number;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Creates a clock that follows the database's, so that daemons agree on the time although their machines do not. */
export function createSharedClock(database: { now(): number | null }, own: Clock = systemClock): Clock {
  return { now: () => database.now() ?? own.now() };
}
