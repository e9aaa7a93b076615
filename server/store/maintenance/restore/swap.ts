import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { driverCode } from '../../engine/driver-code.ts';
import { identityOf } from '../../engine/sqlite/files.ts';
import {
  databaseExists,
  databasesSetAside,
  filesSetAside,
  restoringSuffix,
  sizeOf,
} from '../../engine/sqlite/leftovers.ts';
import { BackupError } from '../backup.ts';

/** The changes to the directory that a restore makes. A test can stop it before each of them, as a kill would. */
export interface Disk {
  link(existing: string, name: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if it exists. */
  remove(path: string): Promise<void>;
  /** Writes a file, or the names in a directory, to the disk. */
  sync(path: string): Promise<void>;
}

export const realDisk: Disk = {
  link,
  rename,
  remove: (path) => rm(path, { force: true }),
  async sync(path) {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  },
};

/**
 * Puts the copy that a restore has built in the place of a database, which gets the name `aside`. The last rename decides:
 * until then, the database is unchanged and the copy shows that the restore is unfinished. Afterwards the restore is done.
 *
 * The log belongs to the replaced database, so it moves first. SQLite would otherwise apply it to the new one.
 */
export async function swap(path: string, aside: string, disk: Disk): Promise<void> {
  const copy = path + restoringSuffix;
  await disk.sync(copy);
  // A second name for the same file, so that there is a database under its own name at every moment.
  if (databaseExists(path)) await disk.link(path, aside);
  if (existsSync(`${path}-wal`)) await disk.rename(`${path}-wal`, `${aside}-wal`);
  await disk.remove(`${path}-shm`);
  await disk.sync(dirname(path));
  await disk.rename(copy, path);
  await disk.sync(dirname(path)).catch((error: unknown) => {
    throw new BackupError(
      `The backup was restored, but ${dirname(path)} could not be written to the disk (${driverCode(error)}). Check the disk before you start tokensd.`,
    );
  });
}

/**
 * Undoes a restore that was interrupted: the database has its log again, and the copy is removed. Returns false if no
 * restore was interrupted. If this is interrupted too, it can be repeated.
 */
export async function undoRestore(path: string, disk: Disk = realDisk): Promise<boolean> {
  if (!existsSync(path + restoringSuffix)) return false;
  const current = await identityOf(path);
  for (const aside of databasesSetAside(path)) {
    if (current === null || (await identityOf(aside)) !== current) continue;
    // There is never a log under both names, because nothing opens the database while the copy exists.
    if (existsSync(`${aside}-wal`)) await disk.rename(`${aside}-wal`, `${path}-wal`);
    await disk.sync(dirname(path));
    await disk.remove(aside);
  }
  const log = filesSetAside(path).find((file) => file.endsWith('-wal') && !existsSync(file.slice(0, -'-wal'.length)));
  // A log without a database shows that there was one. `assertNoLeftovers` then keeps a new database from taking its place.
  if (!databaseExists(path) && log !== undefined) await disk.rename(log, `${path}-wal`);
  await removeCopy(path, disk);
  return true;
}

/** Removes the copy that a restore has built. */
export async function removeCopy(path: string, disk: Disk): Promise<void> {
  for (const part of ['-wal', '-shm', '']) await disk.remove(path + restoringSuffix + part);
  await disk.sync(dirname(path));
}

/** Returns whether a database that was closed still has changes in its log only. */
export function hasLog(path: string): boolean {
  return sizeOf(`${path}-wal`) > 0;
}
