import sqlite3 from 'sqlite3';
import { driverCode } from './driver-code.ts';
import type { LockAttempt } from './engine.ts';
import { connect, disconnect, execute } from './sqlite-connection.ts';
import { createPrivateFile, prepareDatabaseFile } from './sqlite-files.ts';

/**
 * Takes `<database>.lock`, a SQLite file of its own under an exclusive transaction: the operating system frees it when
 * the process ends, however it ends, and the database itself stays open to `init` and backups.
 */
export async function lockSqlite(databaseUrl: string): Promise<LockAttempt> {
  const name = `${await prepareDatabaseFile(databaseUrl)}.lock`;
  await createPrivateFile(name);
  const database = await connect(name, sqlite3.OPEN_READWRITE);
  try {
    await execute(database, 'BEGIN EXCLUSIVE');
    return { name, lock: { exclusive: true, release: () => disconnect(database) } };
  } catch (error) {
    await disconnect(database);
    if (driverCode(error) === 'SQLITE_BUSY') return { name, lock: null };
    throw new Error(`Cannot lock ${name} (${driverCode(error)}). Remove that file if it is not tokensd's own.`);
  }
}
