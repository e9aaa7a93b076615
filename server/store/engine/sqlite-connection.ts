import sqlite3 from 'sqlite3';

/** How long a statement waits for another process's lock: well under the two seconds in which a 503 is due. */
export const busyTimeoutMs = 1500;

// synchronous=FULL: with NORMAL a power loss can undo a revocation that was already answered.
const pragmas = `
  PRAGMA busy_timeout = ${busyTimeoutMs};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA secure_delete = ON;
`;

/** Sets what every connection needs, before its first use. */
export function configure(database: sqlite3.Database): Promise<void> {
  return execute(database, pragmas);
}

/** Runs statements that answer nothing. */
export function execute(database: sqlite3.Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec(sql, (error) => (error ? reject(error) : resolve()));
  });
}

/** Opens a connection of our own beside knex's. */
export function connect(path: string, mode: number): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, mode, (error) => (error ? reject(error) : resolve(database)));
  });
}

export function disconnect(database: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    database.close((error) => (error ? reject(error) : resolve()));
  });
}
