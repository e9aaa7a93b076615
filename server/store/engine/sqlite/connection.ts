import sqlite3 from 'sqlite3';

/** Maximum wait for another process's lock. It is below the two seconds within which an outage must become a 503. */
export const busyTimeoutMs = 1500;

// With synchronous=NORMAL, a power loss could undo a revocation that was already confirmed to the client. The default cache of 2 MB is smaller
// than the index of the states of 100,000 members, which counting their tokens reads again and again.
const pragmas = `
  PRAGMA busy_timeout = ${busyTimeoutMs};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA secure_delete = ON;
  PRAGMA cache_size = -8000;
`;

/** Sets the pragmas of a new connection. Call this before its first use. */
export function configure(database: sqlite3.Database): Promise<void> {
  return execute(database, pragmas);
}

/** Runs statements that return no rows. */
export function execute(database: sqlite3.Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec(sql, (error) => (error ? reject(error) : resolve()));
  });
}

/** Opens a connection outside knex's pool. */
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
