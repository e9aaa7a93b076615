import type { Erasures } from '../../domain/accounts/erasure/erasures.ts';
import type { Job } from '../runner.ts';

/** Creates the job that finishes the erasures of members that another daemon began and did not finish. */
export function createFinishErasures({ finishAll }: Pick<Erasures, 'finishAll'>): Job {
  return { name: 'finish-erasures', everyMs: 10_000, run: finishAll };
}
