import type { DaemonLock, Engine, LockAttempt } from './engine/engine.ts';
import { lockSqlite } from './engine/sqlite/lock.ts';
import { openSqlite } from './engine/sqlite/sqlite.ts';
import type { FailureKind } from './errors.ts';
import { createKnexStore } from './knex/store.ts';
import { migrations } from './migrations/all.ts';
import type { Store } from './store.ts';

interface Database {
  open(databaseUrl: string): Promise<Engine>;
  lock(databaseUrl: string): Promise<LockAttempt>;
}

const postgres: Database = {
  // Imported on demand, because a daemon on SQLite does not need the driver.
  open: async (databaseUrl) => (await import('./engine/postgres/postgres.ts')).openPostgres(databaseUrl),
  // Any number of daemons may share one PostgreSQL database.
  lock: async () => ({ name: 'nothing', lock: { exclusive: false, release: async () => {} } }),
};

const databases: Record<string, Database> = {
  sqlite: { open: openSqlite, lock: lockSqlite },
  postgres,
  postgresql: postgres,
};

/**
 * Opens the store at a URL without migrating it. Calls `onFailure` for each statement or transaction that fails.
 *
 * @throws Error with a message to show, if the URL is invalid or the database cannot be opened
 */
export async function openStore(databaseUrl: string, onFailure?: (kind: FailureKind) => void): Promise<Store> {
  const engine = await databaseFor(databaseUrl).open(databaseUrl);
  return createKnexStore(engine, migrations, onFailure);
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

function databaseFor(databaseUrl: string): Database {
  const scheme = databaseUrl.slice(0, Math.max(0, databaseUrl.indexOf(':')));
  const database = Object.hasOwn(databases, scheme) ? databases[scheme] : undefined;
  if (database) return database;
  const known = Object.keys(databases).map((name) => `${name}:`);
  throw new Error(
    `The database URL must start with ${known.join(' or ')}, for example sqlite:/var/lib/tokensd/tokens.db`,
  );
}
