import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { StoreUnavailable } from '../../errors.ts';
import { driverCode } from '../driver-code.ts';
import type { Engine, Row } from '../engine.ts';
import { createWriterDialect, SqliteReadClient } from './client.ts';
import { busyTimeoutMs, configure } from './connection.ts';
import { identityOf, prepareDatabaseFile, reserveLogFiles } from './files.ts';
import { createMemoryLimiter } from './limiter.ts';
import { openReader, type Reader } from './reader.ts';
import { createSelectText } from './select-text.ts';

/** Maximum time that a change waits for those before it, while they make progress. A slow disk takes some 100 ms for each. */
const acquireTimeoutMs = 5_000;

/** How long a change may wait for another process's lock. A migration waits longer. */
const patience = { change: busyTimeoutMs, migration: 60_000 } as const;

/** Connections that read for everything but verification. A long list can keep two of them busy. */
const maxReaders = 3;

/** Each element of a JSON array, in the column `value`. */
const each = 'json_each(?) AS wanted';

/** SQLite result codes that mean the database is unavailable at the moment. */
const unavailable = new Set(
  ['BUSY', 'LOCKED', 'IOERR', 'FULL', 'CANTOPEN', 'READONLY', 'CORRUPT', 'NOTADB', 'NOMEM', 'PROTOCOL', 'MISUSE'].map(
    (code) => `SQLITE_${code}`,
  ),
);

interface SqliteOptions {
  /** True to leave a log beside the closed database, so that the daemon can start on a full disk. */
  keepLog?: boolean;
}

/**
 * Opens `sqlite:PATH` with three kinds of connections. In WAL mode, the second and the third never wait for the first, and
 * see everything that was committed before their statement began:
 *
 * 1. The writer, knex's pool of one. SQLite allows one write transaction at a time, so changes queue for it.
 * 2. The readers, for SELECTs outside transactions: sessions, members, lists.
 * 3. The reader of verification and readiness, which waits for no other statement.
 */
export async function openSqlite(databaseUrl: string, { keepLog = false }: SqliteOptions = {}): Promise<Engine> {
  const path = await prepareDatabaseFile(databaseUrl);
  let patienceMs: number = patience.change;
  const readers = openPool(path, SqliteReadClient, maxReaders);
  const knex = openPool(
    path,
    createWriterDialect(readers, () => patienceMs),
    1,
  );
  const reader = await openReaderBeside(knex, path);
  const assertInPlace = await watchFiles(path);
  const textOf = createSelectText();

  return {
    knex,
    async select(select, bindings, trx) {
      const sql = textOf(select);
      const [row] = await (trx
        ? (trx.raw(sql, [...bindings]) as Promise<Row[]>)
        : reader.all(sql, bindings as string[]));
      return JSON.parse(String(row?.found));
    },
    tableNames: { columns: ['name'], from: "FROM sqlite_schema WHERE type = 'table'" },
    maxParallelSelects: 1,
    rows: (result) => result as Row[],
    // LIKE takes longer, because it ignores case.
    contains: (column) => `instr(${column}, ?) > 0`,
    among: (column) => `${column} IN (SELECT value FROM json_each(?))`,
    bytewise: (column) => column,
    greatest: (expressions) => `max(${expressions.join(', ')})`,
    hexadecimal: (expression) => `printf('%012x', ${expression})`,
    // CROSS JOIN fixes the join order. The planner does not know that the list is short, and might scan the table.
    eachOf: (column, table) => `${each} CROSS JOIN ${table} ON ${column} = wanted.value`,
    each,
    position: 'wanted.key',
    jsonElements: 'json_each(?)',
    locksRows: false,
    bindList: (values) => JSON.stringify(values),
    async transaction(work) {
      await assertInPlace();
      return knex.transaction(work);
    },
    async migrationTransaction(work) {
      // Another process may hold the lock for the length of a migration.
      patienceMs = patience.migration;
      try {
        return await knex.transaction(work);
      } finally {
        patienceMs = patience.change;
      }
    },
    limiter: createMemoryLimiter,
    isUnavailable: (error) => error instanceof Error && 'code' in error && unavailable.has(String(error.code)),
    isFull: (error) => driverCode(error) === 'SQLITE_FULL',
    // SQLite reports a failed COMMIT only after it rolled the transaction back.
    isOutcomeUnknown: () => false,
    explain: () => null,
    onPrimary: 'true',
    clock: { now: () => null, measure: async () => {} },
    async overwriteDeleted() {
      // Moves the log into the database, where deleted content is overwritten because of `secure_delete`, and empties it.
      const [row] = (await knex.raw('PRAGMA wal_checkpoint(TRUNCATE)')) as Row[];
      return row?.busy === 0;
    },
    async ping() {
      await assertInPlace();
      await reader.all('SELECT count(*) FROM sqlite_schema', []);
    },
    async close() {
      await Promise.all([reader.close(), readers.destroy()]);
      // Close the writer last, because the last connection moves the write-ahead log into the file.
      await knex.destroy();
      if (keepLog) await reserveLogFiles(path);
    },
  };
}

/**
 * Returns a function that throws if the database or a file of its log was deleted or replaced. SQLite would keep writing
 * to the old file, and lose changes.
 */
async function watchFiles(path: string): Promise<() => Promise<void>> {
  const files = [path, `${path}-wal`, `${path}-shm`];
  const opened = await Promise.all(files.map(identityOf));
  return async () => {
    const found = await Promise.all(files.map(identityOf));
    const lost = files.find((_file, position) => found[position] !== opened[position]);
    if (lost === undefined) return;
    // SQLite still has the log open. It moves the content into the database when tokensd stops, but not when it is killed.
    const remedy =
      lost === path
        ? 'Stop tokensd, put the file back, and start tokensd again.'
        : 'Stop tokensd with SIGTERM, which saves all changes, and start it again.';
    throw new StoreUnavailable(`${lost} was moved, deleted or replaced. ${remedy}`);
  };
}

function openPool(path: string, client: typeof Knex.Client, max: number): Knex {
  const ignore = () => {};
  return createKnex({
    client,
    connection: { filename: path },
    useNullAsDefault: true,
    compileSqlOnError: false,
    acquireConnectionTimeout: acquireTimeoutMs,
    // Every failure reaches the caller as a rejection. Knex's log would also print bound values to the terminal.
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
    pool: {
      min: 1,
      max,
      afterCreate: (connection: Parameters<typeof configure>[0], done: (error?: unknown) => void) => {
        configure(connection).then(() => done(), done);
      },
    },
  });
}

/** Opens the reader after the writer has switched the file to WAL mode. Without WAL, reads would wait for writes. */
async function openReaderBeside(knex: Knex, path: string): Promise<Reader> {
  try {
    const [row] = (await knex.raw('PRAGMA journal_mode')) as Row[];
    if (row?.journal_mode !== 'wal') {
      throw new StoreUnavailable(`SQLite cannot use a write-ahead log for ${path}. Move the database to a local disk.`);
    }
    return await openReader(path);
  } catch (error) {
    await knex.destroy();
    if (error instanceof StoreUnavailable) throw error;
    const { bavail } = await statfs(dirname(path));
    const remedy = bavail === 0 ? 'The disk is full; free some space.' : 'Check the file, or restore a backup.';
    throw new StoreUnavailable(`Cannot open ${path} as a SQLite database (${driverCode(error)}). ${remedy}`, {
      cause: error,
    });
  }
}
