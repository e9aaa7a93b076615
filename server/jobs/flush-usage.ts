import type { DayTotals } from '../domain/tokens/usage/day-totals.ts';
import type { DeniedUses } from '../domain/tokens/usage/denied-uses.ts';
import type { RecordUsage } from '../domain/tokens/usage/record-usage.ts';
import type { UseCounter } from '../domain/tokens/usage/use-counter.ts';
import type { Job } from './runner.ts';

const flushEverySeconds = 60;

/** Creates the job that writes the counted uses and the totals of days every minute, or within a second if there are very many uses. */
export function createFlushUsage(
  usage: RecordUsage,
  counter: Pick<UseCounter, 'full'>,
  totals: Pick<DayTotals, 'flush'>,
): Job {
  let seconds = 0;
  return {
    name: 'flush-usage',
    everyMs: 1000,
    async run() {
      seconds += 1;
      if (seconds < flushEverySeconds && !counter.full()) return;
      await totals.flush();
      await usage.flush();
      seconds = 0;
    },
  };
}

/** Creates the job that writes denied requests every second. */
export function createFlushDeniedUses({ flush }: Pick<DeniedUses, 'flush'>): Job {
  return { name: 'flush-denied-uses', everyMs: 1000, run: flush };
}
