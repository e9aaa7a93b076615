export interface LimiterOptions {
  /** Limiters with the same name share their counts. */
  name: string;
  /** Highest count that `consume` allows within one window. */
  limit: number;
  /** A key's count expires this long after its first increment. */
  windowSeconds: number;
}

/** The state of one key. Both numbers are 0 if nothing was counted, or the count expired. */
export interface Count {
  count: number;
  /** Milliseconds until the count expires. */
  retryAfterMs: number;
}

/**
 * Counts by key. Every method is one atomic step in the store, so daemons on one database share the counts and none is
 * lost. Windows follow the system clock.
 */
export interface Limiter {
  get(key: string): Promise<Count>;
  /** Adds one. Denies if the count is now above the limit; denied calls count too. */
  consume(key: string): Promise<Count & { allowed: boolean }>;
  /** Adds one. `windowSeconds` replaces the limiter's own window, but only if this call starts a new one. */
  increment(key: string, windowSeconds?: number): Promise<Count>;
  /** Subtracts one. The count can become negative. */
  decrement(key: string): Promise<Count>;
  /** Sets the count above the limit for the given time, starting now. */
  block(key: string, seconds: number): Promise<void>;
  reset(key: string): Promise<void>;
  /**
   * Resets all keys with this prefix that are in the database, whichever daemon counted them. Does nothing on SQLite, where the
   * counts are in memory and the caller knows its keys.
   */
  resetShared(prefix: string): Promise<void>;
}
