import { hash } from 'node:crypto';
import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { driverCode } from './driver-code.ts';
import type { Engine, ListBinding, Row, Select } from './engine.ts';
import { wrapLimiter } from './limiter.ts';
import { PostgresClient, withoutNul } from './postgres-client.ts';

/** Milliseconds. A lost or frozen server is a 503 within two seconds; migrations may take longer, and wait for others'. */
const timeouts = { connect: 1_500, statement: 1_800, acquire: 1_900, migration: 600_000 } as const;

const connections = { changes: 10, verification: 2, counting: 2 } as const;

/** Who asks for the migration lock: one number for all versions of this program. */
const migrationLock = 7_106_825_104;

/** Classes and codes of errors (Appendix A) that say the server cannot answer now, or not this time. */
const unavailable = /^(08|53|57|58)|^(25006|40001|40P01|55P03)$/;

/** Those after which the server says no more on that connection. */
const endsConnection = /^(08|57P0)/;

/** Opens `postgres://…`: a pool for changes, and connections of their own for verification. No state is kept in a session. */
export async function openPostgres(databaseUrl: string): Promise<Engine> {
  const connection = {
    connectionString: databaseUrl,
    connectionTimeoutMillis: timeouts.connect,
    query_timeout: timeouts.statement,
    keepAlive: true,
    application_name: 'tokensd',
  };
  const knex = openPool(connection);
  const reader = openPlainPool(connection, connections.verification);
  const read = preparedReads(knex, reader);
  const counter = openPlainPool(connection, connections.counting);
  return {
    knex,
    async select(select, bindings, trx) {
      if (trx) {
        const statement = knex.raw(textOf(select), bindings as Knex.RawBinding[]);
        return (await statement.transacting(trx)).rows.map((row: Row) => Object.values(row));
      }
      return read(select, bindings);
    },
    maxParallelSelects: connections.verification,
    rows: (answer) => (answer as { rows: Row[] }).rows,
    among: (column) => `${column} = ANY(?)`,
    eachOf: (column, table) =>
      `unnest(CAST(? AS text[])) WITH ORDINALITY AS wanted (value, number) JOIN ${table} ON ${column} = wanted.value`,
    position: 'CAST(wanted.number AS int) - 1',
    jsonElements: 'json_array_elements(CAST(? AS json))',
    locksRows: true,
    bindList: (values) => [...values],
    transaction: (work) => knex.transaction(work),
    migrationTransaction: async (work) => {
      const patient = openPool({ ...connection, query_timeout: timeouts.migration });
      try {
        return await patient.transaction(async (trx) => {
          await trx.raw('SELECT pg_advisory_xact_lock(?)', [migrationLock]);
          return work(trx);
        });
      } finally {
        await patient.destroy();
      }
    },
    limiter: ({ name, limit, windowSeconds }, translate) =>
      wrapLimiter(
        new RateLimiterPostgres({
          keyPrefix: name,
          points: limit,
          duration: windowSeconds,
          // The library's own way names its statements, which a pooler between here and the server may not know.
          storeClient: {
            query: ({ text, values }: pg.QueryConfig) =>
              ask(counter, { text, values: (values ?? []).map(withoutNul) }).catch((error: unknown) =>
                Promise.reject(translate(error)),
              ),
          },
          storeType: 'client',
          tableName: 'counts',
          tableCreated: true,
          clearExpiredByTimeout: false,
        }),
      ),
    isUnavailable,
    isFull: (error) => driverCode(error) === '53100',
    isOutcomeUnknown: (error) => !(error instanceof pg.DatabaseError) || endsConnection.test(error.code ?? ''),
    async ping() {
      await ask(reader, { text: 'SELECT 1' });
    },
    async close() {
      await Promise.all([reader.end(), counter.end(), knex.destroy()]);
    },
  };
}

function textOf({ columns, from }: Select): string {
  return `SELECT ${columns.map((column, index) => `${column} AS c${index}`).join(', ')} ${from}`;
}

function openPool(connection: pg.PoolConfig): Knex {
  const silent = () => {};
  return createKnex({
    client: PostgresClient,
    connection: connection as Knex.PgConnectionConfig,
    compileSqlOnError: false,
    acquireConnectionTimeout: timeouts.acquire,
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    pool: { min: 0, max: connections.changes },
  });
}

function openPlainPool(connection: pg.PoolConfig, max: number): pg.Pool {
  const pool = new pg.Pool({ ...connection, max, idleTimeoutMillis: 0 });
  // Whoever asks is told; unheard here, a lost connection, idle or lent, would be fatal.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Codes of errors that say a statement was prepared on another connection, or by somebody else on this one. */
const notPrepared = /^(26000|42P05)$/;

/**
 * Runs SELECTs that are written and planned once for each connection: else both take longer than the look-up. A pooler may
 * give each transaction another connection; at the first sign of that nothing is prepared any more. The name tells the
 * text, so nobody's statement is ever taken for another.
 */
function preparedReads(knex: Knex, pool: pg.Pool) {
  const known = new WeakMap<Select, { name: string; text: string }>();
  let lasting = true;

  const statementOf = (select: Select, bindings: readonly ListBinding[]) => {
    const text = knex
      .raw(textOf(select), bindings as Knex.RawBinding[])
      .toSQL()
      .toNative().sql;
    const statement = { name: `tokensd_${hash('sha256', text, 'hex').slice(0, 40)}`, text };
    known.set(select, statement);
    return statement;
  };

  return async (select: Select, bindings: readonly ListBinding[]): Promise<unknown[][]> => {
    const { name, text } = known.get(select) ?? statementOf(select, bindings);
    const query = { text, values: bindings.map(withoutNul), rowMode: 'array' } as const;
    if (lasting) {
      try {
        return (await ask<unknown[]>(pool, { ...query, name })).rows;
      } catch (error) {
        if (!notPrepared.test(driverCode(error))) throw error;
        lasting = false;
      }
    }
    return (await ask<unknown[]>(pool, query)).rows;
  };
}

/** A connection that failed in any way but by the server's word is not used again. */
async function ask<R extends Row | unknown[]>(
  pool: pg.Pool,
  query: pg.QueryConfig & { rowMode?: 'array' },
): Promise<pg.QueryResult<R>> {
  const client = await pool.connect();
  try {
    const result = await client.query<R>(query);
    client.release();
    return result;
  } catch (error) {
    client.release(!(error instanceof pg.DatabaseError));
    throw error;
  }
}

/** The server's own word has a code; without one it was the network, or time that ran out. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof pg.DatabaseError ? unavailable.test(error.code ?? '') : !(error instanceof TypeError);
}
