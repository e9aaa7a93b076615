import type { DaemonLock, Engine, LockAttempt } from './engine/engine.ts';
import { openSqlite } from './engine/sqlite.ts';
import { lockSqlite } from './engine/sqlite-lock.ts';
import type { FailureKind } from './errors.ts';
import { createKnexStore } from './knex/store.ts';
import { migrations } from './migrations/all.ts';
import type { Store } from './store.ts';

interface Database {
  open(databaseUrl: string): Promise<Engine>;
  lock(databaseUrl: string): Promise<LockAttempt>;
}

const postgres: Database = {
  // Loaded here because a daemon on SQLite needs no driver for it.
  open: async (databaseUrl) => (await import('./engine/postgres.ts')).openPostgres(databaseUrl),
  // Any number of daemons may serve one database.
  lock: async () => ({ name: 'nothing', lock: { exclusive: false, release: async () => {} } }),
};

const databases: Record<string, Database> = {
  sqlite: { open: openSqlite, lock: lockSqlite },
  postgres,
  postgresql: postgres,
};

/**
 * Opens the store that the URL names, as it is: call `migrate` before its first use. Rejects with a message for people.
 * `failed` hears of each statement or transaction that the database did not carry out.
 */
export async function openStore(databaseUrl: string, failed?: (kind: FailureKind) => void): Promise<Store> {
  const engine = await databaseFor(databaseUrl).open(databaseUrl);
  return createKnexStore(engine, migrations, failed);
}

/**
 * Makes this process a daemon of that database until `release` or its end; keep the answer for as long. On SQLite it is the
 * only one.
 * Rejects with `AlreadyRunning` if another process is that daemon.
 */
export async function lockForDaemon(databaseUrl: string): Promise<DaemonLock> {
  const { lock, name } = await databaseFor(databaseUrl).lock(databaseUrl);
  if (!lock) throw new AlreadyRunning(`Another tokensd holds ${name}. Stop it first: one daemon serves one database.`);
  return lock;
}

/** Another daemon serves this database. The message names the lock and says what to do. */
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
    `The database URL must start with ${known.join(' or ')} – for example sqlite:/var/lib/tokensd/tokens.db`,
  );
}
