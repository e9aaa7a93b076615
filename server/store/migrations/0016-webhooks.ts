import type { Migration } from './migration.ts';

/** Adds webhooks, and the events that are delivered to them. The release before delivers nothing, and queues no events. */
export const webhooks: Migration = {
  name: '0016-webhooks',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.createTable('webhooks', (table) => {
      table.text('id').primary();
      table.text('url').notNullable().unique();
      // Names of actions and patterns, separated by spaces.
      table.text('events').notNullable();
      table.text('format').notNullable();
      table.text('description');
      table.boolean('disabled').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('changed_at').notNullable();
      // Signing needs the secrets themselves, so no hash can take their place.
      table.text('secret').notNullable();
      table.text('previous_secret');
      table.bigInteger('previous_secret_until');
      // Failed attempts since the last success.
      table.bigInteger('failures').notNullable();
      table.bigInteger('failing_since');
      // No delivery is attempted before this time.
      table.bigInteger('resume_at');
    });
    // No foreign key: with one, the deletion of a webhook could make a concurrent change fail that queues an event for it.
    await trx.schema.createTable('webhook_deliveries', (table) => {
      table.text('webhook_id').notNullable();
      // The ID of the audit event.
      table.text('id').notNullable();
      table.text('event').notNullable();
      table.bigInteger('at').notNullable().index();
      table.text('status').notNullable();
      table.bigInteger('attempts').notNullable();
      table.bigInteger('give_up_at').notNullable();
      table.bigInteger('due_at');
      table.text('lease_id');
      table.bigInteger('delivered_at');
      table.text('last_error');
      table.primary(['webhook_id', 'id']);
    });
    await trx.raw(
      'CREATE INDEX webhook_deliveries_due_index ON webhook_deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL',
    );
    await trx.raw(
      "CREATE INDEX webhook_deliveries_failed_index ON webhook_deliveries (webhook_id, id) WHERE status = 'failed'",
    );
  },
};
