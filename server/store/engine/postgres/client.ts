import KnexPostgresClient from 'knex/lib/dialects/postgres/index.js';
import type { ProvenClient } from './connection.ts';
import { keepsConnection } from './failures.ts';

type KnexConnection = ProvenClient & { __knex__disposed?: unknown };

/** Returns Knex's PostgreSQL dialect on our class of connections, with two hazards removed. */
export function createDialect(Client: new () => ProvenClient): typeof KnexPostgresClient {
  return class extends KnexPostgresClient {
    override _driver() {
      return { Client };
    }

    /**
     * Drops a connection that timed out, because its delayed response would be mistaken for the response to the next
     * statement. Drops one that leads to a standby, too.
     */
    override async _query(connection: KnexConnection, query: { sql: string }): Promise<unknown> {
      try {
        const result = await super._query(connection, query);
        connection.responded();
        return result;
      } catch (error) {
        if (!keepsConnection(error)) connection.__knex__disposed = error;
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
