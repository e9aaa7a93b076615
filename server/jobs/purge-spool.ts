import { limits } from '../../shared/limits.ts';
import type { Clock } from '../domain/clock.ts';
import type { Job } from './runner.ts';

/**
 * Creates the job that deletes old files of mail, which would fill the disk of a daemon without a mail server. `deleteFiles` deletes those
 * of mails that were written before a time.
 */
export function createPurgeSpool(deleteFiles: (before: number) => Promise<void>, clock: Clock): Job {
  return {
    name: 'purge-spool',
    everyMs: 60 * 60 * 1000,
    run: () => deleteFiles(clock.now() - limits.spooledMailRetentionMs),
  };
}
