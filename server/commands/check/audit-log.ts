import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Check } from './check.ts';

/** Checks whether this user can write the file of TOKENSD_AUDIT_LOG. Does not create it. Returns no check if the setting names no file. */
export async function checkAuditLog({ auditLog }: Pick<Config, 'auditLog'>): Promise<Check[]> {
  if (auditLog === null || auditLog === 'stdout') return [];
  const { file } = auditLog;
  const check = (state: Check['state'], detail: string): Check[] => [{ name: 'audit log', state, detail }];
  const directory = dirname(file);
  if (!existsSync(directory))
    return check('failed', `The directory ${directory} does not exist. Create it, or correct TOKENSD_AUDIT_LOG.`);
  const exists = existsSync(file);
  if (exists && statSync(file).isDirectory())
    return check('failed', `${file} is a directory. Set TOKENSD_AUDIT_LOG to the path of a file.`);
  if (!isWritable(exists ? file : directory))
    return check('failed', `This user cannot write ${file}. Correct the owner of the directory and of the file.`);
  return check('ok', exists ? `${file} is writable.` : `${file} does not exist yet. tokensd creates it.`);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
