import type { Clock } from '../domain/clock.ts';
import type { SeenValues } from '../domain/tokens/changes/seen-values.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/** Creates the job that stores which new values were presented without a recorded use. */
export function createFlushSeenValues(
  seenValues: Pick<SeenValues, 'flush'>,
  tokens: Pick<Store['tokens'], 'recordSeen'>,
  clock: Clock,
): Job {
  return { name: 'flush-seen-values', everyMs: 1000, run: () => seenValues.flush(tokens, clock.now()) };
}
