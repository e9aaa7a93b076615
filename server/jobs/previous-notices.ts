import type { Job } from './runner.ts';

/** Creates the job that notifies owners of old values that are still used. The smallest overlap leaves ten minutes. */
export function createPreviousNoticesJob(notify: () => Promise<number>): Job {
  return { name: 'previous-notices', everyMs: 60_000, run: () => notify().then(() => {}) };
}
