import createKnex, { type Knex } from 'knex';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { StoreUnavailable } from '../errors.ts';
import { driverCode } from './driver-code.ts';
import type { Engine, Row } from './engine.ts';
import { wrapLimiter } from './limiter.ts';
import { SqliteClient } from './sqlite-client.ts';
import { busyTimeoutMs, configure } from './sqlite-connection.ts';
import { identityOf, prepareDatabaseFile } from './sqlite-files.ts';
import { openReader, type Reader } from './sqlite-reader.ts';

/** How long a change may wait its turn behind others; verification has a connection of its own. */
const acquireTimeoutMs = 10_000;
const migrationWaitMs = 60_000;

/** Keys that one limiter counts at a time. */
const mostConsumers = 100_000;

const unavailable = new Set(
  ['BUSY', 'LOCKED', 'IOERR', 'FULL', 'CANTOPEN', 'READONLY', 'CORRUPT', 'NOTADB', 'NOMEM', 'PROTOCOL', 'MISUSE'].map(
    (code) => `SQLITE_${code}`,
  ),
);

/** Opens `sqlite:PATH`: one connection that writes, and one that only reads and so is never kept waiting by the first. */
export async function openSqlite(databaseUrl: string): Promise<Engine> {
  const path = await prepareDatabaseFile(databaseUrl);
  const knex = openWriter(path);
  const reader = await openReaderBeside(knex, path);
  const opened = await identityOf(path);
  /** SQLite itself would go on with a file that was deleted or replaced, and lose all that it acknowledges. */
  const assertInPlace = async () => {
    if ((await identityOf(path)) === opened) return;
    throw new StoreUnavailable(`${path} was moved, deleted or replaced. Stop tokensd, put it back, start again.`);
  };

  return {
    knex,
    async select({ columns, from }, bindings, trx) {
      // As one JSON text: handing over each column of each row takes the driver three times as long.
      const sql = `SELECT json_group_array(json_array(${columns.join(', ')})) AS found ${from}`;
      const [row] = await (trx
        ? (trx.raw(sql, [...bindings]) as Promise<Row[]>)
        : reader.all(sql, bindings as string[]));
      return JSON.parse(String(row?.found));
    },
    maxParallelSelects: 1,
    rows: (answer) => answer as Row[],
    among: (column) => `${column} IN (SELECT value FROM json_each(?))`,
    // In this order, whatever the planner thinks: it knows nothing of how many there are.
    eachOf: (column, table) => `json_each(?) AS wanted CROSS JOIN ${table} ON ${column} = wanted.value`,
    position: 'wanted.key',
    jsonElements: 'json_each(?)',
    locksRows: false,
    bindList: (values) => JSON.stringify(values),
    async transaction(work) {
      await assertInPlace();
      return knex.transaction(work);
    },
    migrationTransaction: (work) => withLongWait(knex, () => knex.transaction(work)),
    // The one daemon of this file has them all in its memory.
    limiter: ({ name, limit, windowSeconds }) =>
      wrapLimiter(new BoundedLimiter({ keyPrefix: name, points: limit, duration: windowSeconds })),
    isUnavailable: (error) => error instanceof Error && 'code' in error && unavailable.has(String(error.code)),
    isFull: (error) => driverCode(error) === 'SQLITE_FULL',
    // It answers a failed COMMIT only after it undid what was in it.
    isOutcomeUnknown: () => false,
    async ping() {
      await assertInPlace();
      await reader.all('SELECT count(*) FROM sqlite_schema', []);
    },
    async close() {
      await reader.close();
      await knex.destroy();
    },
  };
}

/** Whoever asks from very many networks, or for very many addresses, makes it forget, and never fills the memory. */
class BoundedLimiter extends RateLimiterMemory {
  readonly #recent = new Set<string>();

  override async consume(key: string, ...more: [number?, object?]) {
    this.#recent.delete(key);
    this.#recent.add(key);
    const [oldest] = this.#recent;
    if (this.#recent.size > mostConsumers && oldest !== undefined) {
      this.#recent.delete(oldest);
      await super.delete(oldest);
    }
    return super.consume(key, ...more);
  }
}

function openWriter(path: string): Knex {
  const silent = () => {};
  return createKnex({
    client: SqliteClient,
    connection: { filename: path },
    useNullAsDefault: true,
    compileSqlOnError: false,
    acquireConnectionTimeout: acquireTimeoutMs,
    // Every failure reaches the caller as a rejection; knex's own log would write bound values to the terminal.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: Parameters<typeof configure>[0], done: (error?: unknown) => void) => {
        configure(connection).then(() => done(), done);
      },
    },
  });
}

/** The writer comes first: it brings the file into WAL mode, without which a reader would wait for it. */
async function openReaderBeside(knex: Knex, path: string): Promise<Reader> {
  try {
    const [row] = (await knex.raw('PRAGMA journal_mode')) as Row[];
    if (row?.journal_mode !== 'wal') {
      throw new StoreUnavailable(`SQLite cannot keep a write-ahead log for ${path}. Put the database on a local disk.`);
    }
    return await openReader(path);
  } catch (error) {
    await knex.destroy();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`Cannot open ${path} as a SQLite database (${driverCode(error)}).`);
  }
}

/** SQLite's one write lock is the migration lock: another process may hold it for as long as a migration takes. */
async function withLongWait<T>(knex: Knex, work: () => Promise<T>): Promise<T> {
  await knex.raw(`PRAGMA busy_timeout = ${migrationWaitMs}`);
  try {
    return await work();
  } finally {
    await knex.raw(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}
