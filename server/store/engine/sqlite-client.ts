import KnexSqliteClient from 'knex/lib/dialects/sqlite3/index.js';

const endsTransaction = /^(COMMIT|ROLLBACK)\b/i;

/** Knex's SQLite dialect with two things made safe, and one allowed, for a file that other processes write as well. */
export class SqliteClient extends KnexSqliteClient {
  /** The write lock is taken at the start: a lock taken later fails at once if another process wrote in between. */
  override transaction(container: unknown, config: unknown, outer: unknown) {
    const transaction = super.transaction(container, config, outer);
    transaction.begin = (connection) => transaction.trxClient.query(connection, 'BEGIN IMMEDIATE;');
    return transaction;
  }

  /** Nobody else has a row: whoever writes has the whole file. */
  override queryCompiler(builder: unknown, formatter?: unknown) {
    return Object.assign(super.queryCompiler(builder, formatter), { skipLocked: () => '' });
  }

  /** A connection whose transaction could not be ended is dropped: the next user's writes would be lost in it. */
  override async _query(connection: { __knex__disposed?: unknown }, query: { sql: string }): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (endsTransaction.test(query.sql)) connection.__knex__disposed = error;
      throw error;
    }
  }
}
