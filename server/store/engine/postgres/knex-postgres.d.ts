declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  /** The dialect behind `client: 'pg'`, with the members that our dialect overrides. */
  class PostgresClient extends Knex.Client {
    _driver(): object;
    override transaction(container: unknown, config: unknown, outer: unknown): PostgresTransaction;
    _query(connection: object, query: { sql: string }): Promise<unknown>;
    prepBindings(bindings: unknown[] | undefined): unknown[] | undefined;
  }

  interface PostgresTransaction extends Knex.Transaction {
    trxClient: Knex.Client;
    begin(connection: object): Promise<unknown>;
  }

  export = PostgresClient;
}
