declare module 'knex/lib/dialects/sqlite3/index.js' {
  import type { Knex } from 'knex';

  interface Query {
    sql: string;
  }

  /** The dialect behind `client: 'sqlite3'`, with the members that our `SqliteClient` overrides. */
  class SqliteClient extends Knex.Client {
    override transaction(container: unknown, config: unknown, outer: unknown): SqliteTransaction;
    _query(connection: object, query: Query): Promise<unknown>;
    override queryCompiler(builder: unknown, formatter?: unknown): SqliteQueryCompiler;
  }

  interface SqliteQueryCompiler {
    skipLocked(): string;
  }

  interface SqliteTransaction extends Knex.Transaction {
    trxClient: Knex.Client;
    begin(connection: object): Promise<unknown>;
  }

  export = SqliteClient;
}
