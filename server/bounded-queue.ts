export interface BoundedQueueOptions {
  /** Maximum number of tasks that run at the same time. */
  concurrency: number;
  /** Maximum number of tasks that wait. */
  maxWaiting: number;
  /** Maximum time that a task waits, in milliseconds, counted from its arrival. */
  maxWaitMs: number;
  /** Creates the error for a task that is refused without having run. */
  refusal: () => Error;
  /** Reports whether an error means that other tasks would fail in the same way at the moment. */
  isOutage?: (error: unknown) => boolean;
}

/**
 * Runs a task after those that arrived earlier. An urgent task goes first and is refused only in an outage, because it ends a
 * step that an earlier task of the same request began.
 */
export type BoundedQueue = <T>(task: () => Promise<T>, options?: { urgent?: boolean }) => Promise<T>;

/** In an outage, tasks that have waited for this long are refused, because a turn of their own would end even later. */
const outagePatienceMs = 250;

interface WaitingTask {
  arrivedAt: number;
  start(): void;
  refuse(error: Error): void;
}

/**
 * Creates a queue whose length and waiting time are bounded, so that excess tasks are refused promptly instead of being run
 * long after their clients have given up. A task is in one of these states:
 *
 * 1. waiting: `concurrency` others run. It is refused if `maxWaiting` wait already, or once it has waited for `maxWaitMs`. If
 *    a running task fails with an outage, those that have waited for a while are refused with it.
 * 2. running: the queue neither limits nor cancels it.
 */
export function createBoundedQueue(options: BoundedQueueOptions): BoundedQueue {
  const { concurrency, maxWaiting, maxWaitMs, refusal, isOutage = () => false } = options;
  const urgentTasks = new Set<WaitingTask>();
  const tasks = new Set<WaitingTask>();
  let running = 0;

  function startNext(): void {
    for (const waiting of [urgentTasks, tasks]) {
      for (const task of waiting) {
        if (running >= concurrency) return;
        waiting.delete(task);
        task.start();
      }
    }
  }

  function refuseLate(): void {
    const cutoff = performance.now() - outagePatienceMs;
    for (const waiting of [urgentTasks, tasks]) {
      for (const task of waiting) {
        if (task.arrivedAt > cutoff) break;
        waiting.delete(task);
        task.refuse(refusal());
      }
    }
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    running += 1;
    try {
      return await task();
    } catch (error) {
      if (isOutage(error)) refuseLate();
      throw error;
    } finally {
      running -= 1;
      startNext();
    }
  }

  return (task, { urgent = false } = {}) => {
    if (running < concurrency) return run(task);
    if (!urgent && tasks.size >= maxWaiting) return Promise.reject(refusal());
    return new Promise((resolve, reject) => {
      const waiting = urgent ? urgentTasks : tasks;
      const giveUp = () => {
        waiting.delete(entry);
        reject(refusal());
      };
      const timer = urgent ? undefined : setTimeout(giveUp, maxWaitMs);
      const entry: WaitingTask = {
        arrivedAt: performance.now(),
        start: () => {
          clearTimeout(timer);
          resolve(run(task));
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      waiting.add(entry);
    });
  };
}
