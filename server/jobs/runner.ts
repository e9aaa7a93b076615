import { setTimeout as sleep } from 'node:timers/promises';
import { createOutage, type Log } from '../observability/log.ts';

/** A recurring background job. */
export interface Job {
  name: string;
  /** Milliseconds from the end of one run to the start of the next. */
  everyMs: number;
  /** Does one bounded batch. Once `signal` is aborted, it finishes the current step and starts no other. */
  run(signal: AbortSignal): Promise<void>;
}

export interface Jobs {
  /** Runs the jobs of that name immediately. A job that is running runs once more afterwards. */
  wake(name: string): void;
  /** Starts no more runs and resolves when the current ones have ended. */
  stop(): Promise<void>;
}

/**
 * Starts all jobs immediately. Each job loops on its own, so it never overlaps itself and delays no other:
 *
 * 1. Run. A failed run is logged and changes nothing else: the next one is the retry.
 * 2. Sleep for `everyMs`. `wake` and `stop` end the sleep early.
 * 3. Repeat, unless `stop` was called.
 */
export function startJobs(jobs: readonly Job[], log: Log): Jobs {
  const stopping = new AbortController();
  /** Ends the sleep of each job. */
  const alarms = new Map<Job, AbortController>();

  async function loop(job: Job): Promise<void> {
    const outage = createOutage(
      log,
      { job: job.name },
      { begins: 'background job failed and will be retried', ends: 'background job recovered' },
    );
    while (!stopping.signal.aborted) {
      // Created before the run, so that a wake-up during the run ends the sleep after it.
      const alarm = new AbortController();
      alarms.set(job, alarm);
      try {
        await job.run(stopping.signal);
        outage.recordSuccess();
      } catch (error) {
        outage.recordFailure(error);
      }
      // Unreferenced, so that sleeping jobs do not keep the process alive.
      await sleep(job.everyMs, undefined, { ref: false, signal: alarm.signal }).catch(() => undefined);
    }
  }

  const loops = jobs.map(loop);

  return {
    wake(name) {
      for (const [job, alarm] of alarms) if (job.name === name) alarm.abort();
    },
    async stop() {
      stopping.abort();
      for (const alarm of alarms.values()) alarm.abort();
      await Promise.all(loops);
    },
  };
}
