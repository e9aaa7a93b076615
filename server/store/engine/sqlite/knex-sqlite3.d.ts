declare module 'knex/lib/dialects/sqlite3/index.js' {
  import type { Knex } from 'knex';
  import type { Database } from 'sqlite3';

  interface Query {
    sql: string;
  }

  /** The dialect behind `client: 'sqlite3'`, with the members that our classes override. */
  class SqliteClient extends Knex.Client {
    /** True for the client of a transaction, which has its own connection. */
    transacting?: boolean;
    override pool: Extract<NonNullable<Knex.Client['pool']>, { numPendingAcquires(): number }>;
    override acquireRawConnection(): Promise<Database>;
    override acquireConnection(): Promise<Database>;
    override runner(builder: object): unknown;
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
