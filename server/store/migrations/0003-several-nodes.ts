import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** What several daemons on one database share. Only adds. */
export const severalNodes: Migration = {
  name: '0003-several-nodes',
  async up(trx) {
    await createCounts(trx);
    await createCompatibility(trx);
  },
};

/** As rate-limiter-flexible wants it, column for column. */
function createCounts(trx: Knex) {
  return trx.schema.createTable('counts', (table) => {
    table.text('key').primary();
    table.integer('points').notNullable().defaultTo(0);
    table.bigInteger('expire').index();
  });
}

/** One row an applied migration: which one a program has to know to work with it. */
function createCompatibility(trx: Knex) {
  return trx.schema.createTable('compatibility', (table) => {
    table.text('migration').primary();
    table.text('works_from').notNullable();
  });
}
