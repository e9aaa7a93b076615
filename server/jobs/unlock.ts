import type { Unlock } from '../domain/sign-in/rate-limit/unlock.ts';
import type { Job } from './runner.ts';

/** Creates the job that carries out `tokensd users unlock`. */
export function createUnlockJob(unlock: Pick<Unlock, 'apply'>): Job {
  return { name: 'unlock', everyMs: 1000, run: () => unlock.apply() };
}
