import type { Job } from './runner.ts';

/** Creates the job that tells owners that the old value of a token is still used. The smallest overlap leaves ten minutes. */
export function createPreviousNoticesJob(notify: () => Promise<number>): Job {
  return { name: 'previous-notices', everyMs: 60_000, run: () => notify().then(() => {}) };
}
