import KnexPostgresClient from 'knex/lib/dialects/postgres/index.js';

/** Knex's PostgreSQL dialect with two things made safe. */
export class PostgresClient extends KnexPostgresClient {
  /** A connection that did not answer in time is dropped: its late answer would be taken for the next statement's. */
  override async _query(connection: { __knex__disposed?: unknown }, query: { sql: string }): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (!(error instanceof Error && 'severity' in error)) connection.__knex__disposed = error;
      throw error;
    }
  }

  /** PostgreSQL keeps no NUL in a text, and refuses to look for one: what holds it is nobody's. */
  override prepBindings(bindings: unknown[] | undefined): unknown[] | undefined {
    return bindings?.map(withoutNul);
  }
}

export function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
}
