import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { driverCode } from '../driver-code.ts';
import type { Engine, Row } from '../engine.ts';
import { PostgresClient } from './client.ts';
import { createPostgresLimiter } from './limiter.ts';
import { openPlainPool, query } from './pool.ts';
import { createPreparedReads, textOf } from './reader.ts';

/**
 * A lost or frozen server must become a 503 within two seconds. A migration may take longer, and may wait for another
 * process's migration.
 */
const timeoutsMs = { connect: 1_500, statement: 1_800, acquire: 1_900, migration: 600_000 } as const;

/** Connections of each pool. Verification and rate limits do not wait for changes. */
const maxConnections = { changes: 10, verification: 2, counting: 2 } as const;

/** Key of the advisory lock for migrations, the same in every release. */
const migrationLock = 7_106_825_104;

/** Error classes and codes (Appendix A) that mean the server is unavailable, or that a retry may succeed. */
const unavailable = /^(08|53|57|58)|^(25006|40001|40P01|55P03)$/;

/** Error codes after which the server closes the connection. */
const endsConnection = /^(08|57P0)/;

/** Opens `postgres://…`, with one pool each for changes, verification and rate limits. No state is stored in a session. */
export async function openPostgres(databaseUrl: string): Promise<Engine> {
  const connection = {
    connectionString: databaseUrl,
    connectionTimeoutMillis: timeoutsMs.connect,
    query_timeout: timeoutsMs.statement,
    keepAlive: true,
    application_name: 'tokensd',
  };
  const knex = openPool(connection);
  const reader = openPlainPool(connection, maxConnections.verification);
  const read = createPreparedReads(knex, reader);
  const counter = openPlainPool(connection, maxConnections.counting);
  return {
    knex,
    async select(select, bindings, trx) {
      if (trx) {
        const statement = knex.raw(textOf(select), bindings as Knex.RawBinding[]);
        return (await statement.transacting(trx)).rows.map((row: Row) => Object.values(row));
      }
      return read(select, bindings);
    },
    tableNames: { columns: ['tablename'], from: 'FROM pg_tables WHERE schemaname = current_schema()' },
    maxParallelSelects: maxConnections.verification,
    rows: (result) => (result as { rows: Row[] }).rows,
    among: (column) => `${column} = ANY(?)`,
    eachOf: (column, table) =>
      `unnest(CAST(? AS text[])) WITH ORDINALITY AS wanted (value, number) JOIN ${table} ON ${column} = wanted.value`,
    position: 'CAST(wanted.number AS int) - 1',
    jsonElements: 'json_array_elements(CAST(? AS json))',
    locksRows: true,
    bindList: (values) => [...values],
    transaction: (work) => knex.transaction(work),
    migrationTransaction: async (work) => {
      const migrationPool = openPool({ ...connection, query_timeout: timeoutsMs.migration });
      try {
        return await migrationPool.transaction(async (trx) => {
          await trx.raw('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
          return work(trx);
        });
      } finally {
        await migrationPool.destroy();
      }
    },
    limiter: (options, translate) => createPostgresLimiter(counter, options, translate),
    isUnavailable,
    isFull: (error) => driverCode(error) === '53100',
    // Unless the server itself reported an error, and stayed connected, its COMMIT may have succeeded.
    isOutcomeUnknown: (error) => !(error instanceof pg.DatabaseError) || endsConnection.test(error.code ?? ''),
    async ping() {
      await query(reader, { text: 'SELECT 1' });
    },
    async close() {
      await Promise.all([reader.end(), counter.end(), knex.destroy()]);
    },
  };
}

function openPool(connection: pg.PoolConfig): Knex {
  const silent = () => {};
  return createKnex({
    client: PostgresClient,
    connection: connection as Knex.PgConnectionConfig,
    compileSqlOnError: false,
    acquireConnectionTimeout: timeoutsMs.acquire,
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    pool: { min: 0, max: maxConnections.changes },
  });
}

/** Errors from the server have a code. All others, except a TypeError, are network failures or timeouts. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof pg.DatabaseError ? unavailable.test(error.code ?? '') : !(error instanceof TypeError);
}
