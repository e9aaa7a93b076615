import type { Erasures } from '../../domain/accounts/erasure/erasures.ts';
import type { Job } from '../runner.ts';

/** Creates the job that deletes this node's files of mails that name members whom another node erased. */
export function createEraseMails({ deleteMails }: Pick<Erasures, 'deleteMails'>): Job {
  return { name: 'erase-mails', everyMs: 60_000, run: deleteMails };
}
