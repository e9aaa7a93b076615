import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { isPrivateFile, linkMistake } from '../../observability/event-log/log-file.ts';
import type { Check } from './check.ts';

/**
 * Checks whether this user, with the ID `uid`, can write the file of TOKENSD_AUDIT_LOG, and whether others can read it. Does not create it. Returns no
 * check if the setting names no file.
 */
export async function checkAuditLog({ auditLog }: Pick<Config, 'auditLog'>, uid: number): Promise<Check[]> {
  if (auditLog === null || auditLog === 'stdout') return [];
  const { file } = auditLog;
  const check = (state: Check['state'], detail: string): Check[] => [{ name: 'audit log', state, detail }];
  const directory = dirname(file);
  if (!existsSync(directory))
    return check('failed', `The directory ${directory} does not exist. Create it, or correct TOKENSD_AUDIT_LOG.`);
  const mistake = await linkMistake(file, uid);
  if (mistake !== null) return check('failed', mistake);
  const exists = existsSync(file);
  if (exists && statSync(file).isDirectory())
    return check('failed', `${file} is a directory. Set TOKENSD_AUDIT_LOG to the path of a file.`);
  if (!isWritable(exists ? file : directory))
    return check('failed', `This user cannot write ${file}. Correct the owner of the directory and of the file.`);
  const risk = exists ? riskOf(file, uid) : null;
  if (risk !== null) return check('warning', risk);
  return check('ok', exists ? `${file} is writable.` : `${file} does not exist yet. tokensd creates it.`);
}

/** Returns how other users can read a file that exists, or null. The operator chooses who reads a pipe or a device. */
function riskOf(file: string, uid: number): string | null {
  const stats = statSync(file);
  if (!stats.isFile() || isPrivateFile(stats, stats.uid === uid)) return null;
  if (stats.uid !== uid)
    return `${file} belongs to another user, who can read it. Make it belong to the user of tokensd, with mode 0600.`;
  return `Other users can read ${file}. tokensd gives it mode 0600 when it starts.`;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
