import pg from 'pg';
import type { Row } from '../engine.ts';

/** Opens a plain pool, without knex. Its connections stay open while idle. */
export function openPlainPool(connection: pg.PoolConfig, max: number): pg.Pool {
  const pool = new pg.Pool({ ...connection, max, idleTimeoutMillis: 0 });
  // A lost connection rejects the query that runs on it. Without these listeners its error event would also end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Runs a query. Keeps the connection only if the server itself reported the error; otherwise its state is unknown. */
export async function query<R extends Row | unknown[]>(
  pool: pg.Pool,
  config: pg.QueryConfig & { rowMode?: 'array' },
): Promise<pg.QueryResult<R>> {
  const client = await pool.connect();
  try {
    const result = await client.query<R>(config);
    client.release();
    return result;
  } catch (error) {
    client.release(!(error instanceof pg.DatabaseError));
    throw error;
  }
}
