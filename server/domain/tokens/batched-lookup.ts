import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { StoreUnavailable } from '../../store/errors.ts';
import { createDeadlines } from './deadlines.ts';

const maxBatchSize = 500;

/** Queue length from which another parallel statement pays off. A statement costs about as much as several lookups. */
const minQueueForParallel = 24;

/** Minimum query timeout, used even if the event loop stalled past the deadline. */
const minTimeoutMs = 50;

interface PendingLookup<T, K> {
  key: K;
  arrivedAt: number;
  resolve(result: T | null): void;
  reject(reason: unknown): void;
}

/**
 * Creates a lookup of one key that shares statements with lookups that arrive about the same time. Nothing is cached:
 * every result is read after its lookup arrived.
 *
 * - **Idle** (no statement in flight, empty queue): a lookup starts a worker, whose first batch is this one lookup.
 * - **In flight** (1 to `maxParallel` workers): a lookup joins the queue. If `minQueueForParallel` lookups are queued and
 *   fewer than `maxParallel` workers run, another worker starts.
 * - **Next batch**: when a worker's statement completes, the worker takes up to `maxBatchSize` lookups from the queue, in
 *   order of arrival. It stops if the queue is empty.
 * - **Deadline**: a statement may take until `deadlineMs` after the arrival of its oldest lookup. After that, its lookups
 *   reject with StoreUnavailable. The statement itself cannot be cancelled; its result is ignored.
 * - **Overdue**: when a statement fails, queued lookups that are past their own deadline reject with it, because a
 *   statement of their own would end even later.
 *
 * `readMany` must return one result per key, in the order of its keys, and null for an unknown key.
 */
export function createBatchedLookup<T, K = string>(
  readMany: (keys: K[]) => Promise<Array<T | null>>,
  { deadlineMs, maxParallel }: { deadlineMs: number; maxParallel: number },
): (key: K) => Promise<T | null> {
  const waitUntil = createDeadlines(() => new StoreUnavailable('The database did not respond in time.'));
  let queue: Array<PendingLookup<T, K>> = [];
  let workers = 0;

  async function runWorker(): Promise<void> {
    workers += 1;
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) {
      await lookUpBatch(batch);
      if (queue.length === 0) break;
      // Under load, let the event loop read every socket that is ready, and those that become ready meanwhile. Their
      // lookups then join the next batch instead of the one after it.
      await eventLoopTurn();
      await eventLoopTurn();
    }
    workers -= 1;
  }

  function takeBatch(): Array<PendingLookup<T, K>> {
    const batch = queue.length > maxBatchSize ? queue.splice(0, maxBatchSize) : queue;
    if (batch === queue) queue = [];
    return batch;
  }

  async function lookUpBatch(batch: Array<PendingLookup<T, K>>): Promise<void> {
    const now = performance.now();
    const oldest = batch[0]?.arrivedAt ?? now;
    try {
      const keys = batch.map(({ key }) => key);
      const results = await waitUntil(Math.max(oldest + deadlineMs, now + minTimeoutMs), readMany(keys));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] ?? null);
      });
    } catch (cause) {
      const unavailable =
        cause instanceof StoreUnavailable ? cause : new StoreUnavailable('The batched lookup failed.', { cause });
      for (const { reject } of [...batch, ...takeOverdue()]) reject(unavailable);
    }
  }

  /** Removes the lookups that are past their deadline from the queue and returns them. */
  function takeOverdue(): Array<PendingLookup<T, K>> {
    const cutoff = performance.now() - deadlineMs;
    const inTime = queue.findIndex(({ arrivedAt }) => arrivedAt > cutoff);
    return queue.splice(0, inTime < 0 ? queue.length : inTime);
  }

  return (key) =>
    new Promise((resolve, reject) => {
      queue.push({ key, arrivedAt: performance.now(), resolve, reject });
      if (workers === 0 || (workers < maxParallel && queue.length >= minQueueForParallel)) void runWorker();
    });
}
