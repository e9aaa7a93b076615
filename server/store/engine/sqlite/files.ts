import { chmod, mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { driverCode } from '../driver-code.ts';

const scheme = 'sqlite:';

/**
 * Returns the path of the file in `sqlite:PATH` with symbolic links resolved. Creates the file with mode 0600 and missing
 * directories with mode 0700. SQLite gives its `-wal` and `-shm` files the mode of the database.
 */
export async function prepareDatabaseFile(databaseUrl: string): Promise<string> {
  const path = databaseUrl.slice(scheme.length);
  if (path === '' || path === ':memory:')
    throw new Error('A SQLite database URL must name a file, for example sqlite:/var/lib/tokensd/tokens.db');
  const absolute = resolve(path);
  try {
    await mkdir(dirname(absolute), { recursive: true, mode: 0o700 });
    await createPrivateFile(absolute);
    return await realpath(absolute);
  } catch (error) {
    throw new Error(
      `Cannot open or create the database file ${absolute} (${driverCode(error)}). Check the path and its permissions.`,
    );
  }
}

/**
 * Creates a file with mode 0600, or removes other users' access to an existing one. As root, a new file gets the owner of
 * its directory. An existing file is never opened, because closing it would release this process's locks on it (POSIX
 * fcntl).
 */
export async function createPrivateFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    const { uid } = await stat(dirname(path));
    // Only root can change the owner. For anyone else this fails, which is harmless: they own the file already.
    await file.chown(uid, -1).catch(() => {});
    await file.close();
  } catch (error) {
    if (driverCode(error) !== 'EEXIST') throw error;
    const entry = await stat(path);
    if (entry.isFile() && entry.mode & 0o077) await chmod(path, entry.mode & 0o700);
  }
}

/** Returns the identity of the file at a path, to recognize a replaced file. Null if there is none. */
export async function identityOf(path: string): Promise<string | null> {
  const entry = await stat(path, { bigint: true }).catch(() => null);
  return entry && `${entry.dev}:${entry.ino}`;
}
