import { chmodSync, mkdirSync, statSync } from 'node:fs';

/** Creates the data directory with mode 0700, or tightens the mode of an existing one. */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if ((statSync(dataDir).mode & 0o077) !== 0) chmodSync(dataDir, 0o700);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const remedy = 'Correct its owner, or set TOKENSD_DATA_DIR to another directory.';
    throw new Error(`The data directory ${dataDir} cannot be used (${code}). ${remedy}`, { cause });
  }
}
