import { setTimeout as sleep } from 'node:timers/promises';
import { createOutage, type Log } from '../observability/log.ts';

/** Work that comes round again. */
export interface Job {
  name: string;
  /** Milliseconds from the end of one run to the start of the next. */
  everyMs: number;
  /** One bounded batch. Starts nothing new once `signal` is aborted, and finishes what it began. */
  run(signal: AbortSignal): Promise<void>;
}

export interface Jobs {
  /** Runs the jobs of that name now, or once more after the run that is under way. */
  wake(name: string): void;
  /** Resolves when no job runs any more. */
  stop(): Promise<void>;
}

/** Starts every job at once. A job never overlaps itself, and a failure only costs it that one run. */
export function startJobs(jobs: readonly Job[], log: Log): Jobs {
  const stopping = new AbortController();
  const naps = new Map<Job, AbortController>();

  async function repeat(job: Job): Promise<void> {
    const outage = createOutage(
      log,
      { job: job.name },
      { begins: 'a job fails and is tried again', ends: 'the job runs again' },
    );
    while (!stopping.signal.aborted) {
      // Made before the run, so that a wake-up during it is not lost.
      const nap = new AbortController();
      naps.set(job, nap);
      try {
        await job.run(stopping.signal);
        outage.recordSuccess();
      } catch (error) {
        outage.recordFailure(error);
      }
      // Unreferenced: waiting jobs do not keep the process alive.
      await sleep(job.everyMs, undefined, { ref: false, signal: nap.signal }).catch(() => undefined);
    }
  }

  const running = jobs.map(repeat);

  return {
    wake(name) {
      for (const [job, nap] of naps) if (job.name === name) nap.abort();
    },
    async stop() {
      stopping.abort();
      for (const nap of naps.values()) nap.abort();
      await Promise.all(running);
    },
  };
}
