import type { DaemonLock, DatabaseUrl, Engine, LockAttempt } from './engine/engine.ts';
import { checkSqlite } from './engine/sqlite/check.ts';
import { lockSqlite } from './engine/sqlite/lock.ts';
import { openSqlite } from './engine/sqlite/sqlite.ts';
import type { FailureKind } from './errors.ts';
import type { DatabaseFinding } from './findings.ts';
import { createKnexStore } from './knex/store.ts';
import { migrations } from './migrations/all.ts';
import type { Migration } from './migrations/migration.ts';
import type { Store } from './store.ts';

export interface CheckOptions {
  /** Our clock, in milliseconds since the epoch. */
  now: () => number;
  /** Host of the public URL. Without it, passkeys are not examined. */
  host?: string | undefined;
}

interface Database {
  open(databaseUrl: DatabaseUrl): Promise<Engine>;
  lock(databaseUrl: string): Promise<LockAttempt>;
  check(databaseUrl: DatabaseUrl, migrations: readonly Migration[], options: CheckOptions): Promise<DatabaseFinding[]>;
}

const postgres: Database = {
  // Imported on demand, because a daemon on SQLite does not need the driver.
  open: async (databaseUrl) => (await import('./engine/postgres/postgres.ts')).openPostgres(databaseUrl),
  // Any number of daemons may share one PostgreSQL database.
  lock: async () => ({ name: 'nothing', lock: { exclusive: false, release: async () => {} } }),
  check: async (databaseUrl, known, { now, host }) =>
    (await import('./engine/postgres/check.ts')).checkPostgres(databaseUrl, known, now, host),
};

const databases: Record<string, Database> = {
  sqlite: {
    open: (databaseUrl) => openSqlite(read(databaseUrl), { keepLog: true }),
    lock: lockSqlite,
    check: (databaseUrl, known, { host }) => checkSqlite(read(databaseUrl), known, host),
  },
  postgres,
  postgresql: postgres,
};

/**
 * Opens the store at a URL without migrating it. Calls `onFailure` for each statement or transaction that fails.
 *
 * @throws Error with a message to show, if the URL is invalid or the database cannot be opened
 */
export async function openStore(databaseUrl: DatabaseUrl, onFailure?: (kind: FailureKind) => void): Promise<Store> {
  const engine = await databaseFor(databaseUrl).open(databaseUrl);
  return createKnexStore(engine, migrations, onFailure);
}

/**
 * Examines the database at a URL without changing it: whether it can be reached, is a primary, stores UTF-8, has the
 * right time, lets this role create and change tables, has a schema that this program can use, and passkeys for `host`. Stops at the first finding that hides the
 * others. Does not throw for a database that cannot be used.
 *
 * @throws Error with a message to show, if the URL has an unknown scheme
 */
export function checkDatabase(databaseUrl: DatabaseUrl, now: () => number, host?: string): Promise<DatabaseFinding[]> {
  return databaseFor(databaseUrl).check(databaseUrl, migrations, { now, host });
}

/**
 * Locks a database for this daemon until `release` is called or the process ends. The caller must keep a reference to the
 * lock. On PostgreSQL the lock has no effect, because any number of daemons may share a database.
 *
 * @throws AlreadyRunning if another process holds the lock
 */
export async function lockForDaemon(databaseUrl: string): Promise<DaemonLock> {
  const { lock, name } = await databaseFor(databaseUrl).lock(databaseUrl);
  if (!lock)
    throw new AlreadyRunning(
      `Another tokensd holds the lock ${name}. Stop it first, because a SQLite database allows only one daemon.`,
    );
  return lock;
}

/** Another daemon uses this database. The message names the lock and the next step. */
export class AlreadyRunning extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AlreadyRunning';
  }
}

function read(databaseUrl: DatabaseUrl): string {
  return typeof databaseUrl === 'string' ? databaseUrl : databaseUrl();
}

function databaseFor(url: DatabaseUrl): Database {
  const databaseUrl = read(url);
  const scheme = databaseUrl.slice(0, Math.max(0, databaseUrl.indexOf(':')));
  const database = Object.hasOwn(databases, scheme) ? databases[scheme] : undefined;
  if (database) return database;
  const known = Object.keys(databases).map((name) => `${name}:`);
  throw new Error(
    `The database URL must start with ${known.join(' or ')}, for example sqlite:/var/lib/tokensd/tokens.db`,
  );
}
