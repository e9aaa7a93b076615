import pg from 'pg';
import type { Row } from '../engine.ts';
import { remainingMs } from './client.ts';
import type { ConnectionTimes, ProvenClient } from './connections/connection.ts';
import { withDeadline } from './connections/deadline.ts';
import { keepsConnection, losesConnection } from './failures.ts';

type Statement = pg.QueryConfig & { rowMode?: 'array'; query_timeout?: number };
type PooledClient = ProvenClient & Pick<pg.PoolClient, 'release'>;

/** A plain pool, without knex. A caller waits at most `times.total` in all. */
export interface PlainPool {
  /** Runs a statement that may change rows. It is never sent twice. */
  query<R extends Row | unknown[]>(statement: Statement): Promise<pg.QueryResult<R>>;
  /**
   * Runs a SELECT. If its connection was quiet for long and the server does not respond promptly, runs it once more on
   * another connection.
   */
  read<R extends Row | unknown[]>(statement: Statement): Promise<pg.QueryResult<R>>;
  end(): Promise<void>;
}

export function openPlainPool(Client: new () => ProvenClient, max: number, times: ConnectionTimes): PlainPool {
  // The timeout is longer than that of a connection, which therefore ends by its own rules.
  const pool = new pg.Pool({ Client, max, connectionTimeoutMillis: times.acquire, idleTimeoutMillis: times.idle });
  pool.on('error', () => {});

  /** Takes a connection from the pool, and closes those that are not `usable`. New connections always are. */
  async function find(usable: (client: PooledClient) => boolean | Promise<boolean>): Promise<PooledClient> {
    for (;;) {
      const client = (await pool.connect()) as PooledClient;
      if (await usable(client)) return client;
      client.release(true);
    }
  }

  /** Like `find`, with a time limit. A connection that comes later returns to the pool. */
  async function acquire(arrivedAt: number, usable: (client: PooledClient) => boolean | Promise<boolean>) {
    const found = find(usable);
    try {
      return await withDeadline(Math.min(times.acquire, remainingMs(times, arrivedAt)), found);
    } catch (error) {
      void found.then(
        (client) => client.release(),
        () => {},
      );
      throw error;
    }
  }

  /**
   * Runs a statement until `times.total` after the caller's arrival. Keeps the connection only if the server itself
   * reported the error; otherwise its state is unknown.
   */
  async function run<R extends Row | unknown[]>(client: PooledClient, arrivedAt: number, statement: Statement) {
    const limit = Math.min(statement.query_timeout ?? times.statement, remainingMs(times, arrivedAt));
    const limited: Statement = { ...statement, query_timeout: limit };
    try {
      const result = await client.query<R>(limited);
      client.responded();
      client.release();
      return result;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) client.abandon();
      client.release(!keepsConnection(error));
      throw error;
    }
  }

  return {
    async query(statement) {
      const arrivedAt = performance.now();
      return run(await acquire(arrivedAt, (client) => client.isUsable()), arrivedAt, statement);
    },
    async read<R extends Row | unknown[]>(statement: Statement) {
      const arrivedAt = performance.now();
      const client = await acquire(arrivedAt, (client) => !client.isForgotten());
      if (!client.isDoubtful()) return run<R>(client, arrivedAt, statement);
      try {
        return await run<R>(client, arrivedAt, { ...statement, query_timeout: times.silence });
      } catch (error) {
        if (!losesConnection(error)) throw error;
        client.giveUp();
      }
      return run<R>(await acquire(arrivedAt, (client) => !client.isForgotten()), arrivedAt, statement);
    },
    end: () => pool.end(),
  };
}
