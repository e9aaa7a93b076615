import type { Clock } from '../domain/clock.ts';
import type { Log } from '../observability/log.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/** Time synchronization slews a clock by less than this between two runs, so a larger step means the clock was set. */
const minStepMs = 5_000;

interface ClockSetBackDeps {
  outbox: Pick<Store['outbox'], 'bringForward'>;
  deliveries: Pick<Store['deliveries'], 'bringForward'>;
  clock: Clock;
  /** Returns monotonic time in milliseconds, which cannot be set. */
  monotonic?: () => number;
  log: Pick<Log, 'warn'>;
}

/**
 * Creates the job that makes waiting mails and events for webhooks due when the wall clock is set back. A retry is due at a wall-clock time, so
 * otherwise it would wait longer by as much as the clock was set back.
 *
 * Each run compares the lead of the wall clock over the monotonic clock with that of the previous run. A lead that
 * shrank by `minStepMs` or more means that the wall clock was set back in between.
 */
export function createClockSetBack({
  outbox,
  deliveries,
  clock,
  monotonic = () => performance.now(),
  log,
}: ClockSetBackDeps): Job {
  let previousLead = clock.now() - monotonic();
  return {
    name: 'clock-set-back',
    everyMs: 1000,
    async run() {
      const lead = clock.now() - monotonic();
      const setBackMs = previousLead - lead;
      if (setBackMs >= minStepMs) {
        log.warn(
          { seconds: Math.round(setBackMs / 1000) },
          'the clock was set back; retrying waiting mails and webhooks now',
        );
        await outbox.bringForward(clock.now());
        await deliveries.bringForward(clock.now());
      }
      // Update the lead last, so that the next run repeats a failed one.
      previousLead = lead;
    },
  };
}
