import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** Adds the tables that let several daemons share one database: rate-limit counts and schema compatibility. */
export const severalNodes: Migration = {
  name: '0003-several-nodes',
  async up(trx) {
    await createCounts(trx);
    await createCompatibility(trx);
  },
};

/** The columns are those that rate-limiter-flexible requires. */
function createCounts(trx: Knex) {
  return trx.schema.createTable('counts', (table) => {
    table.text('key').primary();
    table.integer('points').notNullable().defaultTo(0);
    table.bigInteger('expire').index();
  });
}

/** One row per applied migration. `works_from` is the oldest migration that a program must know to use the schema. */
function createCompatibility(trx: Knex) {
  return trx.schema.createTable('compatibility', (table) => {
    table.text('migration').primary();
    table.text('works_from').notNullable();
  });
}
