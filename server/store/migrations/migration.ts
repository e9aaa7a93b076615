import type { Knex } from 'knex';

/** One step of the schema. Its name sorts after all earlier ones and never changes once released. */
export interface Migration {
  name: string;
  up(trx: Knex): Promise<void>;
}
