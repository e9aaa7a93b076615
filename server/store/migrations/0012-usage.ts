import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** Adds the use of tokens: counts by hour, and the routes, networks and agents seen. Deleting a token deletes them. */
export const usage: Migration = {
  name: '0012-usage',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await createHours(trx);
    await createSeen(trx);
    await createTotals(trx);
    await createWriters(trx);
  },
};

function createHours(trx: Knex) {
  return trx.schema.createTable('usage_hours', (table) => {
    ofToken(table);
    table.bigInteger('hour').notNullable().index();
    table.text('outcome').notNullable();
    table.bigInteger('uses').notNullable();
    table.primary(['token_id', 'hour', 'outcome']);
  });
}

function createSeen(trx: Knex) {
  return trx.schema.createTable('usage_seen', (table) => {
    ofToken(table);
    table.text('kind').notNullable();
    table.text('value').notNullable();
    table.bigInteger('uses').notNullable();
    table.bigInteger('first_at').notNullable();
    table.bigInteger('last_at').notNullable();
    table.primary(['token_id', 'kind', 'value']);
  });
}

function createTotals(trx: Knex) {
  return trx.schema.createTable('usage_totals', (table) => {
    ofToken(table).primary();
    table.bigInteger('uses').notNullable();
    table.bigInteger('first_at');
    table.bigInteger('network_noticed_on');
  });
}

function createWriters(trx: Knex) {
  return trx.schema.createTable('usage_writers', (table) => {
    table.text('id').primary();
    table.bigInteger('batch').notNullable();
    table.bigInteger('written_at').notNullable().index();
  });
}

function ofToken(table: Knex.CreateTableBuilder) {
  return table.text('token_id').notNullable().references('tokens.id').onDelete('CASCADE');
}
