import { chmodSync, mkdirSync, statSync } from 'node:fs';

/** Makes the data directory, for its owner only. A directory that was there and is open to others is closed to them. */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if ((statSync(dataDir).mode & 0o077) !== 0) chmodSync(dataDir, 0o700);
}
