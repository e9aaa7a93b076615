import type { Clock } from '../domain/clock.ts';
import type { Log } from '../observability/log.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/** More than a clock is slewed by within a second. */
const jumpMs = 5_000;

interface ClockSetBackDeps {
  outbox: Pick<Store['outbox'], 'bringForward'>;
  clock: Clock;
  /** Milliseconds of a clock that nobody can set. */
  steady?: () => number;
  log: Pick<Log, 'warn'>;
}

/** Mails wait for a time of day: when the clock is set back, those that wait would wait longer by as much. */
export function createClockSetBack({ outbox, clock, steady = () => performance.now(), log }: ClockSetBackDeps): Job {
  let ahead = clock.now() - steady();
  return {
    name: 'clock-set-back',
    everyMs: 1000,
    async run() {
      const nowAhead = clock.now() - steady();
      const back = ahead - nowAhead;
      if (back >= jumpMs) {
        log.warn({ seconds: Math.round(back / 1000) }, 'the clock was set back: mails that wait are tried now');
        await outbox.bringForward(clock.now());
      }
      ahead = nowAhead;
    },
  };
}
