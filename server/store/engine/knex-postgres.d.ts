declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  /** The dialect that `client: 'pg'` names, with the parts that are overridden here. */
  class PostgresClient extends Knex.Client {
    _query(connection: object, query: { sql: string }): Promise<unknown>;
    prepBindings(bindings: unknown[] | undefined): unknown[] | undefined;
  }

  export = PostgresClient;
}
