import type { Store } from '../../../store/store.ts';

const maxWaitSeconds = 15 * 60;
const failuresWindowSeconds = 24 * 60 * 60;

/** A key that failures are counted under, and the number of failures after which it must wait. */
export interface FailureKey {
  key: string;
  freeFailures: number;
}

/**
 * Counts failed attempts per key and makes a key wait once its free failures are used up: 1 s, 2 s, 4 s … up to 15 minutes.
 *
 * The store holds two counts per key, shared by all daemons on one database:
 * - `failures`: attempts that failed or are still undecided. It expires a day after the first one.
 * - `waits`: exists while the key has to wait, and expires when the wait is over.
 */
export interface FailureCounts {
  /** Returns the milliseconds that the key still has to wait, or 0. */
  waitMs(key: FailureKey): Promise<number>;
  /** Counts an attempt as a failure before its outcome is known. Returns 0, or the wait in milliseconds if it is denied. */
  reserve(key: FailureKey): Promise<number>;
  /** Confirms a reserved attempt as a failure. A wait that it causes starts now. */
  confirm(key: FailureKey): Promise<void>;
  /** Removes a reserved attempt and the wait that it started. Earlier failures stay. */
  takeBack(key: FailureKey): Promise<void>;
  /** Removes all failures of the key and its wait. */
  forget(key: FailureKey): Promise<void>;
}

/** Keeps counts for at most about `maxKeys` keys. Beyond that, forgets the key whose last attempt is the oldest. */
export function createFailureCounts(limiter: Store['limiter'], maxKeys: number): FailureCounts {
  const failures = limiter({ name: 'failures', limit: 1, windowSeconds: failuresWindowSeconds });
  const waits = limiter({ name: 'waits', limit: 1, windowSeconds: maxWaitSeconds });
  const recentKeys = new Set<string>();

  const waitMs = async ({ key }: FailureKey) => (await waits.get(key)).retryAfterMs;

  async function forgetKey(key: string): Promise<void> {
    recentKeys.delete(key);
    await failures.reset(key);
    await waits.reset(key);
  }

  async function remember(key: string): Promise<void> {
    recentKeys.delete(key);
    recentKeys.add(key);
    const [oldest] = recentKeys;
    if (recentKeys.size > maxKeys && oldest !== undefined) await forgetKey(oldest);
  }

  return {
    waitMs,

    async reserve(failureKey) {
      const { key } = failureKey;
      // 1. A wait is running: deny, and count nothing.
      const running = await waitMs(failureKey);
      if (running > 0) return running;
      // 2. Count the attempt. It may proceed while free failures are left.
      const { count } = await failures.increment(key);
      await remember(key);
      const seconds = waitSeconds(count, failureKey);
      if (seconds === 0) return 0;
      // 3. None are left, so the attempt must start a wait. The store increments atomically, so of several
      //    concurrent attempts, on any daemon, exactly one sees the count 1 and may proceed.
      const started = await waits.increment(key, seconds);
      if (started.count === 1) return 0;
      // 4. Another attempt started the wait: take this one back and deny it.
      await failures.decrement(key);
      return Math.max(started.retryAfterMs, 1);
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
  };
}

/** Returns how long to wait after the `count`-th failure, or 0 while free failures are left. */
function waitSeconds(count: number, { freeFailures }: FailureKey): number {
  return count < freeFailures ? 0 : Math.min(2 ** (count - freeFailures), maxWaitSeconds);
}
