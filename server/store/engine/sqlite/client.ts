import KnexSqliteClient from 'knex/lib/dialects/sqlite3/index.js';

const endsTransaction = /^(COMMIT|ROLLBACK)\b/i;

/** Knex's SQLite dialect, made safe for a file that other processes write too, such as `tokensd init`. */
export class SqliteClient extends KnexSqliteClient {
  /**
   * Begins transactions with the write lock. Knex's plain BEGIN acquires it at the first write, which fails immediately,
   * without the busy timeout, if another process wrote after the transaction's first read.
   */
  override transaction(container: unknown, config: unknown, outer: unknown) {
    const transaction = super.transaction(container, config, outer);
    transaction.begin = (connection) => transaction.trxClient.query(connection, 'BEGIN IMMEDIATE;');
    return transaction;
  }

  /** Compiles SKIP LOCKED to nothing. SQLite has no row locks: the one writer has locked the whole file. */
  override queryCompiler(builder: unknown, formatter?: unknown) {
    return Object.assign(super.queryCompiler(builder, formatter), { skipLocked: () => '' });
  }

  /** Drops a connection whose COMMIT or ROLLBACK failed. The next caller's writes would be lost in the open transaction. */
  override async _query(connection: { __knex__disposed?: unknown }, query: { sql: string }): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (endsTransaction.test(query.sql)) connection.__knex__disposed = error;
      throw error;
    }
  }
}
