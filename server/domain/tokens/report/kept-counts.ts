import type { Clock } from '../../clock.ts';

/** Numbers, and when they were counted. */
export interface Counted<T> {
  at: number;
  numbers: T;
}

interface KeptCountsOptions<T> {
  clock: Clock;
  /** How long numbers are returned without counting again. */
  freshMs: number;
  /** Maximum age of the numbers that are returned while new ones are counted. */
  maxAgeMs: number;
  /**
   * Reports whether callers wait for a count that takes as long as the last one, so that small organizations see no old numbers.
   */
  isQuick: (last: { numbers: T; tookMs: number }) => boolean;
  /** Whether numbers that were counted quickly are also returned without counting again. */
  keepsQuick: boolean;
}

/** Returns the last numbers, or those that `count` returns. */
export type KeptCounts<T> = (count: () => Promise<T>) => Promise<Counted<T>>;

/**
 * Returns a function that returns the numbers of one node. It never counts twice at the same time. If counting takes long, only a call
 * without recent numbers waits for it: others return the last numbers, and start a new count.
 */
export function createKeptCounts<T>(options: KeptCountsOptions<T>): KeptCounts<T> {
  const { clock, freshMs, maxAgeMs, keepsQuick } = options;
  let latest: Counted<T> | null = null;
  let tookMs = 0;
  let running: Promise<Counted<T>> | null = null;

  async function measure(count: () => Promise<T>): Promise<Counted<T>> {
    const at = clock.now();
    latest = { at, numbers: await count() };
    tookMs = clock.now() - at;
    return latest;
  }

  /** Counts, or joins the count that runs. */
  function countOnce(count: () => Promise<T>): Promise<Counted<T>> {
    running ??= measure(count).finally(() => {
      running = null;
    });
    return running;
  }

  return async (count) => {
    if (latest === null) return countOnce(count);
    const age = Math.abs(clock.now() - latest.at);
    const isQuick = options.isQuick({ ...latest, tookMs });
    if (age < freshMs && (keepsQuick || !isQuick)) return latest;
    const counted = countOnce(count);
    if (isQuick || age > maxAgeMs) return counted;
    // Ignore the error here. The next caller counts again, and gets the error if it persists.
    counted.catch(() => {});
    return latest;
  };
}
