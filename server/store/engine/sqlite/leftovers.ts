import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Appended to the name of a database: the copy that a restore is building. It exists exactly while a restore is unfinished. */
export const restoringSuffix = '.restoring';

/** Precedes the time in the name of a database that a restore has replaced. */
export const asideInfix = '.before-restore-';

/** A database is not opened because of files beside it. The message is meant to be shown. */
export class LeftoverFiles extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LeftoverFiles';
  }
}

/** Treats an empty file as missing, because SQLite leaves one when it opens a database that does not exist. */
export function databaseExists(path: string): boolean {
  return sizeOf(path) > 0;
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns the databases that earlier restores replaced, newest first. */
export function databasesSetAside(path: string): string[] {
  return filesSetAside(path).filter((file) => !/-(wal|shm)$/.test(file));
}

/** Returns the same with the logs that belong to them, newest first. */
export function filesSetAside(path: string): string[] {
  const directory = dirname(path);
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.startsWith(basename(path) + asideInfix));
  // The names begin with the time.
  return names
    .sort()
    .reverse()
    .map((name) => join(directory, name));
}

/**
 * Throws if the database must not be opened: a restore was interrupted, or the file is missing while files beside it show
 * that there was one. Otherwise a new, empty database would silently take its place.
 *
 * @throws LeftoverFiles
 */
export function assertNoLeftovers(path: string): void {
  if (existsSync(path + restoringSuffix)) {
    throw new LeftoverFiles(
      `A restore of ${path} was interrupted, so the database is not used. Finish it by running tokensd restore with the backup again, or undo it with: tokensd restore --undo`,
    );
  }
  if (databaseExists(path)) return;
  const [newest] = databasesSetAside(path);
  if (newest !== undefined) {
    throw new LeftoverFiles(
      `${path} is missing, although a restore has set an earlier database aside. Restore a backup, or restore that database, which knows nothing that was revoked after ${timeOf(newest)}, with: tokensd restore ${quote(newest)}`,
    );
  }
  if (sizeOf(`${path}-wal`) > 0) {
    throw new LeftoverFiles(
      `${path} is missing, but its write-ahead log ${path}-wal is not empty. Put the database back beside it, or restore a backup.`,
    );
  }
}

/** Returns when a restore has set a database aside, from its name. */
function timeOf(aside: string): string {
  const name = aside.slice(aside.lastIndexOf(asideInfix) + asideInfix.length);
  return name.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d+Z)$/, 'T$1:$2:$3.$4');
}

function quote(path: string): string {
  return /^[\w./:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
