import KnexPostgresClient from 'knex/lib/dialects/postgres/index.js';

/** Knex's PostgreSQL dialect with two hazards removed. */
export class PostgresClient extends KnexPostgresClient {
  /** Drops a connection that timed out. Its delayed response would be mistaken for the response to the next statement. */
  override async _query(connection: { __knex__disposed?: unknown }, query: { sql: string }): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (!(error instanceof Error && 'severity' in error)) connection.__knex__disposed = error;
      throw error;
    }
  }

  /** Replaces NUL, which PostgreSQL rejects in text. A value with NUL then matches nothing instead of failing. */
  override prepBindings(bindings: unknown[] | undefined): unknown[] | undefined {
    return bindings?.map(withoutNul);
  }
}

export function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}
