import { setTimeout as sleep } from 'node:timers/promises';
import { StoreBusy, StoreUnavailable } from '../store/errors.ts';

/** Maximum number of tasks that wait or run. */
const maxPending = 200;
const defaultRetryMs = 1_000;

/**
 * Does work after the response that acknowledged it, one task after another, so that the time of the response says nothing
 * about the work. Each task is in one of these states:
 *
 * 1. waiting for the tasks before it.
 * 2. running. While the database is unavailable, it is tried again and again.
 * 3. done, or lost: it failed for another reason, or the daemon stopped during an outage.
 *
 * Tasks are in memory: those that were accepted when the process is killed are lost.
 */
export interface AcceptedWork {
  /** @throws StoreBusy if too many tasks are pending */
  accept(task: () => Promise<void>): void;
  /** Waits until all accepted tasks are done or lost. During this time, no task is tried again. */
  finish(): Promise<void>;
}

export type WorkLost = (error: unknown) => void;

/** `lost` receives the error of each task that was lost. */
export function createAcceptedWork(lost: WorkLost, { retryMs = defaultRetryMs } = {}): AcceptedWork {
  let pending = 0;
  let last = Promise.resolve();
  let finishing = new AbortController();

  async function run(task: () => Promise<void>): Promise<void> {
    for (;;) {
      const isLastAttempt = finishing.signal.aborted;
      try {
        return await task();
      } catch (error) {
        if (isLastAttempt || !(error instanceof StoreUnavailable)) return lost(error);
        await sleep(retryMs, undefined, { signal: finishing.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  return {
    accept(task) {
      if (pending >= maxPending) throw new StoreBusy('Too many accepted requests wait for the database.');
      pending += 1;
      last = last
        .then(() => run(task))
        .finally(() => {
          pending -= 1;
        });
    },
    async finish() {
      finishing.abort();
      await last;
      finishing = new AbortController();
    },
  };
}
