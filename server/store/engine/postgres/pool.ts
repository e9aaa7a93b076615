import pg from 'pg';
import type { Row } from '../engine.ts';
import type { ConnectionTimes, ProvenClient } from './connection.ts';
import { keepsConnection, losesConnection } from './failures.ts';

type Statement = pg.QueryConfig & { rowMode?: 'array'; query_timeout?: number };
type PooledClient = ProvenClient & Pick<pg.PoolClient, 'release'>;

/** A plain pool, without knex. */
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
  const pool = new pg.Pool({ Client, max, connectionTimeoutMillis: times.connect, idleTimeoutMillis: times.idle });
  pool.on('error', () => {});

  /** Takes a connection from the pool, and closes those that are not `usable`. New connections always are. */
  async function acquire(usable: (client: PooledClient) => boolean | Promise<boolean>): Promise<PooledClient> {
    for (;;) {
      const client = (await pool.connect()) as PooledClient;
      if (await usable(client)) return client;
      client.release(true);
    }
  }

  /** Keeps the connection only if the server itself reported the error; otherwise its state is unknown. */
  async function run<R extends Row | unknown[]>(client: PooledClient, statement: Statement) {
    try {
      const result = await client.query<R>(statement);
      client.responded();
      client.release();
      return result;
    } catch (error) {
      client.release(!keepsConnection(error));
      throw error;
    }
  }

  return {
    query: async (statement) => run(await acquire((client) => client.isUsable()), statement),
    async read<R extends Row | unknown[]>(statement: Statement) {
      const client = await acquire((client) => !client.isForgotten());
      if (!client.isDoubtful()) return run<R>(client, statement);
      const began = performance.now();
      try {
        return await run<R>(client, { ...statement, query_timeout: times.silence });
      } catch (error) {
        if (!losesConnection(error)) throw error;
        client.giveUp();
      }
      const again = acquire((client) => !client.isForgotten()).then((client) => run<R>(client, statement));
      return withDeadline(times.statement - (performance.now() - began), again);
    },
    end: () => pool.end(),
  };
}

async function withDeadline<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The server did not respond in time.')), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
