import sqlite3 from 'sqlite3';
import { AlreadyRunning, type DaemonLock } from './engine.ts';
import { connect, disconnect } from './sqlite-connection.ts';
import { createPrivateFile, prepareDatabaseFile } from './sqlite-files.ts';

/**
 * Holds `<database>.lock`, a SQLite file of its own under an exclusive transaction: the operating system frees it when
 * the process ends, however it ends, and the database itself stays open to `init` and backups.
 */
export async function lockSqlite(databaseUrl: string): Promise<DaemonLock> {
  const path = `${await prepareDatabaseFile(databaseUrl)}.lock`;
  await createPrivateFile(path);
  const database = await connect(path, sqlite3.OPEN_READWRITE);
  try {
    await begin(database);
  } catch (error) {
    await disconnect(database);
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') {
      throw new AlreadyRunning(`Another tokensd holds ${path}. Stop it first: one daemon serves one database file.`);
    }
    throw new Error(`Cannot lock ${path}. Check that it is an ordinary file this user may write, or remove it.`);
  }
  return { release: () => disconnect(database) };
}

function begin(database: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec('BEGIN EXCLUSIVE', (error) => (error ? reject(error) : resolve()));
  });
}
