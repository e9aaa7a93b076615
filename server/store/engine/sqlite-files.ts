import { chmod, mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { driverCode } from './driver-code.ts';

const scheme = 'sqlite:';

/**
 * The one true path of the file that `sqlite:PATH` names, symbolic links resolved. Makes what is missing: the file
 * with mode 0600, its directories with 0700; SQLite gives its `-wal` and `-shm` files the same mode.
 */
export async function prepareDatabaseFile(databaseUrl: string): Promise<string> {
  const path = databaseUrl.slice(scheme.length);
  if (path === '' || path === ':memory:') throw new Error('A SQLite database URL names a file: sqlite:/path/to/file');
  const absolute = resolve(path);
  try {
    await mkdir(dirname(absolute), { recursive: true, mode: 0o700 });
    await createPrivateFile(absolute);
    return await realpath(absolute);
  } catch (error) {
    throw new Error(
      `Cannot create or find the database file ${absolute} (${driverCode(error)}). Check the path and its permissions.`,
    );
  }
}

/**
 * Makes the file, as root for whom its directory belongs to, or takes others' access to it away. A file that is there is
 * never opened: closing it again would drop the locks that this process holds on it (POSIX fcntl).
 */
export async function createPrivateFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    const { uid } = await stat(dirname(path));
    // Nobody but root may give a file away.
    await file.chown(uid, -1).catch(() => {});
    await file.close();
  } catch (error) {
    if (driverCode(error) !== 'EEXIST') throw error;
    const entry = await stat(path);
    if (entry.isFile() && entry.mode & 0o077) await chmod(path, entry.mode & 0o700);
  }
}

/** Which file is at a path now; null: none. */
export async function identityOf(path: string): Promise<string | null> {
  const entry = await stat(path, { bigint: true }).catch(() => null);
  return entry && `${entry.dev}:${entry.ino}`;
}
