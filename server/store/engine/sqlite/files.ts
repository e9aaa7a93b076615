import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { driverCode } from '../driver-code.ts';
import { assertNoLeftovers } from './leftovers.ts';

const scheme = 'sqlite:';

/** The size of SQLite's shared-memory file for a short log. SQLite cannot start without it. */
const sharedMemoryBytes = 32_768;

/**
 * Returns the path of the file in `sqlite:PATH` with symbolic links resolved. Creates the file with mode 0600 and missing
 * directories with mode 0700. SQLite gives its `-wal` and `-shm` files the mode of the database.
 *
 * @throws LeftoverFiles if a restore was interrupted, or if files beside a missing database show that there was one
 */
export async function prepareDatabaseFile(databaseUrl: string): Promise<string> {
  const path = await locateDatabaseFile(databaseUrl);
  assertNoLeftovers(path);
  // Through a symbolic link that leads nowhere, this creates nothing: the disk behind it may not be mounted.
  const named = resolve(databaseUrl.slice(scheme.length));
  try {
    await createPrivateFile(named);
    return await realpath(named);
  } catch (error) {
    throw cannotOpen(named, error);
  }
}

/** The same, but does not create the file itself. */
export async function locateDatabaseFile(databaseUrl: string): Promise<string> {
  const path = databaseUrl.slice(scheme.length);
  if (path === '' || path === ':memory:')
    throw new Error('A SQLite database URL must name a file, for example sqlite:/var/lib/tokensd/tokens.db');
  const absolute = resolve(path);
  try {
    await mkdir(dirname(absolute), { recursive: true, mode: 0o700 });
    return await realpathOfMissing(absolute);
  } catch (error) {
    throw cannotOpen(absolute, error);
  }
}

/** Returns the real path of a file that need not exist, so that its lock is the same under every name. */
async function realpathOfMissing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (driverCode(error) !== 'ENOENT') throw error;
    const target = await readlink(path).catch(() => null);
    if (target !== null) return realpathOfMissing(resolve(dirname(path), target));
    return join(await realpath(dirname(path)), basename(path));
  }
}

function cannotOpen(path: string, error: unknown): Error {
  return new Error(
    `Cannot open or create the database file ${path} (${driverCode(error)}). Check the path and its permissions.`,
  );
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

/**
 * Creates the `-wal` and `-shm` files that SQLite removed when the last connection closed. With them, the daemon starts
 * even if the disk is full by then. The content does not matter: the first connection discards the shared memory, and an
 * empty log holds no changes. Another process may have opened the database since, so existing files are left alone.
 */
export async function reserveLogFiles(path: string): Promise<void> {
  if ((await identityOf(path)) === null) return;
  // Use another name first, because another process may close the database at the same time.
  const reserve = `${path}-reserve-${randomUUID()}`;
  try {
    await createPrivateFile(reserve);
    await writeFile(reserve, Buffer.alloc(sharedMemoryBytes));
    // The name appears together with the content. SQLite might otherwise map memory that is being overwritten.
    await link(reserve, `${path}-shm`);
    await createPrivateFile(`${path}-wal`);
  } catch {
    // The files exist, or the disk has no space even for them.
  } finally {
    await rm(reserve, { force: true }).catch(() => {});
  }
}
