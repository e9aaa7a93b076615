import KnexPostgresClient from 'knex/lib/dialects/postgres/index.js';
import pg from 'pg';
import { type ConnectionTimes, type ProvenClient, serverLimitMs } from './connections/connection.ts';
import { keepsConnection } from './failures.ts';

interface KnexConnection extends ProvenClient {
  __knex__disposed?: unknown;
  /** Maximum time of the next statement, because the caller has waited for the connection; undefined for the usual time. */
  nextTimeoutMs?: number | undefined;
}

interface Query {
  sql: string;
  options?: object;
}

/**
 * Begins a transaction whose limits the server itself enforces, also behind a pooler and if our process is gone:
 *
 * - A statement that waits for a lock ends, and so does a transaction that our process has left open.
 * - Locks order transactions only at READ COMMITTED. At a stricter level, which the role or the database may have as its
 *   default, a statement after a lock would not see what the previous holder of the lock had written.
 * - `synchronous_commit = off` would lose confirmed revocations if the server crashed.
 */
const begin = (limitMs: number) =>
  [
    'BEGIN',
    "SET LOCAL transaction_isolation = 'read committed'",
    `SET LOCAL statement_timeout = ${limitMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${10 * limitMs}`,
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  ].join('; ');

/** Returns Knex's PostgreSQL dialect on our class of connections, with some hazards removed. */
export function createDialect(Client: new () => ProvenClient, times: ConnectionTimes): typeof KnexPostgresClient {
  const beginStatement = begin(serverLimitMs(times));
  return class extends KnexPostgresClient {
    override _driver() {
      return { Client };
    }

    override transaction(container: unknown, config: unknown, outer: unknown) {
      const transaction = super.transaction(container, config, outer);
      transaction.begin = (connection) => transaction.trxClient.query(connection, beginStatement);
      return transaction;
    }

    /** Takes the time that a caller has waited for a connection from the time of its first statement. */
    override async acquireConnection(): Promise<KnexConnection> {
      const arrivedAt = performance.now();
      const connection = (await super.acquireConnection()) as KnexConnection;
      connection.nextTimeoutMs = Math.min(times.statement, remainingMs(times, arrivedAt));
      return connection;
    }

    /**
     * Abandons a connection that timed out, because its delayed response would be mistaken for the response to the next
     * statement. Drops one that leads to a standby, too.
     */
    override async _query(connection: KnexConnection, query: Query): Promise<unknown> {
      const { nextTimeoutMs } = connection;
      connection.nextTimeoutMs = undefined;
      if (nextTimeoutMs !== undefined) query.options = { ...query.options, query_timeout: nextTimeoutMs };
      try {
        const result = await super._query(connection, query);
        connection.responded();
        return result;
      } catch (error) {
        if (!keepsConnection(error)) connection.__knex__disposed = error;
        if (!(error instanceof pg.DatabaseError)) connection.abandon();
        throw error;
      }
    }

    /** Replaces NUL, which PostgreSQL rejects in text. A value with NUL then matches nothing instead of failing. */
    override prepBindings(bindings: unknown[] | undefined): unknown[] | undefined {
      return bindings?.map(withoutNul);
    }
  };
}

export function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}

/** Minimum time of a statement, used even if its caller waited until the deadline, or the event loop stalled past it. */
const minTimeoutMs = 50;

/** Returns the time that is left for a statement whose caller arrived at `arrivedAt`. */
export function remainingMs({ total }: Pick<ConnectionTimes, 'total'>, arrivedAt: number): number {
  return Math.max(minTimeoutMs, total - (performance.now() - arrivedAt));
}
