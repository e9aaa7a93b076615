import type { Store } from '../../../store/store.ts';

const longestWaitSeconds = 15 * 60;
const failuresWindowSeconds = 24 * 60 * 60;

/** A key that failures are counted under, the number of failures after which it must wait, and its longest wait. */
export interface FailureKey {
  key: string;
  freeFailures: number;
  maxWaitSeconds: number;
  /** Keys of one group compete for memory. Otherwise an attacker with many networks could have an account forgotten. */
  group: 'accounts' | 'clients' | 'networks';
}

/** The result of reserving an attempt: the number of attempts now, or the wait if it is denied. */
export type Reservation = { allowed: true; count: number } | { allowed: false; waitMs: number };

/**
 * Counts failed attempts per key and makes a key wait once its free failures are used up: 1 s, 2 s, 4 s … up to its longest
 * wait.
 *
 * The store holds two counts per key, shared by all daemons on one database:
 * - `failures`: attempts that failed or are still undecided. It expires a day after the first one.
 * - `waits`: exists while the key has to wait, and expires when the wait is over.
 */
export interface FailureCounts {
  /** Returns the milliseconds that the key still has to wait, or 0. */
  waitMs(key: FailureKey): Promise<number>;
  /** Returns the number of attempts that failed or are undecided. */
  count(key: FailureKey): Promise<number>;
  /** Counts an attempt as a failure before its outcome is known. A denied attempt does not count. */
  reserve(key: FailureKey): Promise<Reservation>;
  /** Confirms a reserved attempt as a failure. A wait that it causes starts now. */
  confirm(key: FailureKey): Promise<void>;
  /** Removes a reserved attempt and the wait that it started. Earlier failures stay. */
  takeBack(key: FailureKey): Promise<void>;
  /** Removes all failures of the key and its wait. */
  forget(key: FailureKey): Promise<void>;
  /** Removes all failures and waits of the keys that start with `prefix`. */
  forgetAll(prefix: string): Promise<void>;
}

/** Keeps counts for at most about `maxKeys` keys of each group. Beyond that, forgets the key whose last attempt is the oldest. */
export function createFailureCounts(limiter: Store['limiter'], maxKeys: number): FailureCounts {
  const failures = limiter({ name: 'failures', limit: 1, windowSeconds: failuresWindowSeconds });
  const waits = limiter({ name: 'waits', limit: 1, windowSeconds: longestWaitSeconds });
  const recentKeys = { accounts: new Set<string>(), clients: new Set<string>(), networks: new Set<string>() };

  async function forgetKey(key: string): Promise<void> {
    for (const recent of Object.values(recentKeys)) recent.delete(key);
    await failures.reset(key);
    await waits.reset(key);
  }

  async function remember({ key, group }: FailureKey): Promise<void> {
    const recent = recentKeys[group];
    recent.delete(key);
    recent.add(key);
    const [oldest] = recent;
    if (recent.size > maxKeys && oldest !== undefined) await forgetKey(oldest);
  }

  return {
    waitMs: async ({ key }) => (await waits.get(key)).retryAfterMs,
    count: async ({ key }) => (await failures.get(key)).count,

    async reserve(failureKey) {
      const { key } = failureKey;
      // 1. Count the attempt. It may proceed while free failures are left.
      const { count } = await failures.increment(key);
      await remember(failureKey);
      const seconds = waitSeconds(count, failureKey);
      if (seconds === 0) return { allowed: true, count };
      // 2. None are left, so the attempt must start a wait. The store increments atomically, so of several
      //    concurrent attempts, on any daemon, exactly one sees the count 1 and may proceed.
      const started = await waits.increment(key, seconds);
      if (started.count === 1) return { allowed: true, count };
      // 3. Another attempt started the wait: take this one back and deny it.
      await failures.decrement(key);
      return { allowed: false, waitMs: Math.max(started.retryAfterMs, 1) };
    },

    async confirm(failureKey) {
      const { key } = failureKey;
      // If a concurrent success removed the reservation, count the failure again.
      const reserved = await failures.get(key);
      const { count } = reserved.count === 0 ? await failures.increment(key) : reserved;
      const seconds = waitSeconds(count, failureKey);
      if (seconds > 0) await waits.block(key, seconds);
    },

    async takeBack({ key }) {
      await waits.reset(key);
      const { count } = await failures.decrement(key);
      if (count <= 0) await forgetKey(key);
    },

    forget: ({ key }) => forgetKey(key),

    async forgetAll(prefix) {
      for (const recent of Object.values(recentKeys)) {
        for (const key of recent) if (key.startsWith(prefix)) await forgetKey(key);
      }
      await failures.resetShared(prefix);
      await waits.resetShared(prefix);
    },
  };
}

/** Returns how long to wait after the `count`-th failure, or 0 while free failures are left. */
function waitSeconds(count: number, { freeFailures, maxWaitSeconds }: FailureKey): number {
  return count < freeFailures ? 0 : Math.min(2 ** (count - freeFailures), maxWaitSeconds);
}
