import type { RateLimiterAbstract } from 'rate-limiter-flexible';

export interface LimiterOptions {
  /** What is counted: limiters of one name share their counts. */
  name: string;
  points: number;
  /** Seconds. */
  duration: number;
}

/** Counts by key, as the library has it: whatever says no rejects with a `RateLimiterRes`. Its time is the system's. */
export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'penalty' | 'reward' | 'get' | 'block' | 'delete'>;
