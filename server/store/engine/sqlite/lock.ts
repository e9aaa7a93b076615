import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import sqlite3 from 'sqlite3';
import { driverCode } from '../driver-code.ts';
import type { LockAttempt } from '../engine.ts';
import { connect, disconnect, execute } from './connection.ts';
import { createPrivateFile, locateDatabaseFile } from './files.ts';

/**
 * Locks `<database>.lock`, a separate SQLite file, by an exclusive transaction. The operating system releases the lock
 * when the process ends, even if it is killed. The database itself stays available to `tokensd init` and backups, and
 * need not exist yet.
 */
export async function lockSqlite(databaseUrl: string): Promise<LockAttempt> {
  const name = `${await locateDatabaseFile(databaseUrl)}.lock`;
  await createWritable(name).catch((error) => {
    const code = driverCode(error);
    const remedy =
      code === 'EROFS'
        ? `Its file system is read-only. If systemd starts tokensd, add ReadWritePaths=${dirname(name)} to the unit.`
        : 'Check the directory, its owner and its free space.';
    throw new Error(`Cannot write ${name} (${code}). ${remedy}`);
  });
  const database = await connect(name, sqlite3.OPEN_READWRITE);
  try {
    // A journal in a file would need space, so that the daemon could not start on a full disk.
    await execute(database, 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { name, lock: { exclusive: true, release: () => disconnect(database) } };
  } catch (error) {
    await disconnect(database);
    if (driverCode(error) === 'SQLITE_BUSY') return { name, lock: null };
    throw new Error(`Cannot lock ${name} (${driverCode(error)}). If tokensd did not create this file, remove it.`);
  }
}

/** Creates the file if it is missing. @throws Error if it cannot be written, as on a read-only file system */
async function createWritable(path: string): Promise<void> {
  await createPrivateFile(path);
  await access(path, constants.W_OK);
}
