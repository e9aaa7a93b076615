import createKnex, { type Knex } from 'knex';
import { driverCode } from '../driver-code.ts';
import type { DatabaseUrl, Engine, Row } from '../engine.ts';
import { createAddress } from './address.ts';
import { createDialect } from './client.ts';
import { type ConnectionTimes, createProvenClients, type ProvenClient } from './connections/connection.ts';
import { createLostConnections } from './connections/lost.ts';
import { createServerClock, type ServerClock, serverTime } from './connections/server-clock.ts';
import { createSlots } from './connections/slots.ts';
import { explain, isUnavailable, losesConnection, onPrimary } from './failures.ts';
import { createPostgresLimiter } from './limiter.ts';
import { openPlainPool } from './pool.ts';
import { createPreparedReads, textOf } from './reader.ts';

/**
 * A lost or frozen server must become a 503 within two seconds, and the rest of the request needs a part of them. A
 * migration may take longer, and may wait for another process's migration.
 */
const defaultTimes: ConnectionTimes = {
  connect: 1_500,
  acquire: 1_750,
  total: 1_900,
  statement: 1_700,
  quiet: 10_000,
  silence: 500,
  idle: 60_000,
};
const migrationTimeoutMs = 600_000;

/**
 * Connections of each pool. No pool waits for another, so a table that is locked holds up only what needs it. With the
 * connection that visits the server for lost ones, these are the 14 that the documentation promises.
 */
const maxConnections = { changes: 8, verification: 2, reads: 1, counting: 2 } as const;

/** Key of the advisory lock for migrations, the same in every release. */
const migrationLock = 7_106_825_104;

/** Each element of an array, in the column `value`. */
const each = 'unnest(CAST(? AS text[])) WITH ORDINALITY AS wanted (value, number)';

export interface PostgresOptions {
  /** What holds the database URL, for messages to the operator. */
  setting?: string;
  times?: ConnectionTimes;
  clock?: ServerClock;
}

/**
 * Opens `postgres://…`, with one pool each for changes, verification and rate limits. No state is stored in a session.
 * Connects when the first statement needs it.
 *
 * @throws Error with a message to show, if the URL is invalid
 */
export async function openPostgres(
  databaseUrl: DatabaseUrl,
  { setting = 'TOKENSD_DATABASE_URL', times = defaultTimes, clock = createServerClock() }: PostgresOptions = {},
): Promise<Engine> {
  const address = createAddress(databaseUrl, setting);
  const shared = { lost: createLostConnections(address), clock };
  const openPlain = (max: number) =>
    openPlainPool(createProvenClients(address, { ...shared, times, slots: createSlots(max) }), max, times);
  const slots = createSlots(maxConnections.changes);
  const knex = openPool(createProvenClients(address, { ...shared, times, slots }), times);
  const verifier = openPlain(maxConnections.verification);
  const reader = openPlain(maxConnections.reads);
  const counter = openPlain(maxConnections.counting);
  const [readToVerify, read] = [createPreparedReads(knex, verifier), createPreparedReads(knex, reader)];
  return {
    knex,
    async select(select, bindings, trx) {
      if (trx) {
        const statement = knex.raw(textOf(select), bindings as Knex.RawBinding[]);
        return (await statement.transacting(trx)).rows.map((row: Row) => Object.values(row));
      }
      return select.forVerification ? readToVerify(select, bindings) : read(select, bindings);
    },
    tableNames: {
      columns: ['tablename'],
      from: 'FROM pg_tables WHERE schemaname = current_schema()',
      forVerification: true,
    },
    maxParallelSelects: maxConnections.verification,
    rows: (result) => (result as { rows: Row[] }).rows,
    contains: (column) => `strpos(${column}, ?) > 0`,
    among: (column) => `${column} = ANY(?)`,
    bytewise: (column) => `${column} COLLATE "C"`,
    greatest: (expressions) => `GREATEST(${expressions.join(', ')})`,
    hexadecimal: (expression) => `lpad(to_hex(${expression}), 12, '0')`,
    each,
    eachOf: (column, table) => `${each} JOIN ${table} ON ${column} = wanted.value`,
    position: 'CAST(wanted.number AS int) - 1',
    jsonElements: 'json_array_elements(CAST(? AS json))',
    locksRows: true,
    bindList: (values) => [...values],
    transaction: (work) => knex.transaction(work),
    migrationTransaction: async (work) => {
      const patient = { ...times, statement: migrationTimeoutMs };
      const migrationPool = openPool(createProvenClients(address, { ...shared, times: patient, slots }), patient);
      try {
        return await migrationPool.transaction(async (trx) => {
          await trx.raw('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
          return work(trx);
        });
      } finally {
        await migrationPool.destroy();
      }
    },
    limiter: (options, translate) => createPostgresLimiter(counter, options, { now: clock.now, translate }),
    isUnavailable,
    isFull: (error) => driverCode(error) === '53100',
    isOutcomeUnknown: losesConnection,
    explain: (error) => explain(error, setting),
    onPrimary,
    clock: {
      now: clock.now,
      async measure() {
        const sentAt = performance.now();
        const { rows } = await verifier.read<{ time: number }>({
          text: `SELECT ${serverTime} AS time WHERE ${onPrimary}`,
        });
        for (const { time } of rows) clock.record(time, sentAt);
      },
    },
    // VACUUM overwrites them. PostgreSQL runs it by itself.
    overwriteDeleted: async () => true,
    async ping() {
      await verifier.read({ text: `SELECT 1 WHERE ${onPrimary}` });
    },
    async close() {
      await Promise.all([verifier.end(), reader.end(), counter.end(), knex.destroy()]);
      shared.lost.close();
    },
  };
}

function openPool(Client: new () => ProvenClient, times: ConnectionTimes): Knex {
  const silent = () => {};
  return createKnex({
    client: createDialect(Client, times),
    connection: {},
    // Knex would ask each server for its version. No statement of ours depends on it.
    version: '12',
    compileSqlOnError: false,
    acquireConnectionTimeout: times.acquire,
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    pool: {
      min: 0,
      max: maxConnections.changes,
      idleTimeoutMillis: times.idle,
      validate: (client: ProvenClient) => client.isUsable(),
    },
  });
}
