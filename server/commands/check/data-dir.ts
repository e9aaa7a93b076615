import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../config/config.ts';
import { sharedDirMistake } from '../../config/data-dir.ts';
import type { Check } from './check.ts';

/** Checks whether this user can use or create the data directory. Does not create it. */
export async function checkDataDir({ dataDir }: Pick<Config, 'dataDir'>): Promise<Check[]> {
  const name = 'data directory';
  let existing = dataDir;
  while (!existsSync(existing)) existing = dirname(existing);
  if (!statSync(existing).isDirectory()) {
    return [{ name, state: 'failed', detail: `${existing} is not a directory. Correct TOKENSD_DATA_DIR.` }];
  }
  if (!isWritable(existing)) {
    const detail = `This user cannot write to ${existing}. Correct its owner, or set TOKENSD_DATA_DIR to another directory.`;
    return [{ name, state: 'failed', detail }];
  }
  const mistake = existing === dataDir ? sharedDirMistake(dataDir) : null;
  if (mistake !== null) return [{ name, state: 'failed', detail: mistake }];
  const detail =
    existing === dataDir ? `${dataDir} is writable.` : `${dataDir} does not exist yet. tokensd creates it.`;
  return [{ name, state: 'ok', detail }];
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
