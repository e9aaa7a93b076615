import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds what machines authenticate with: service accounts, management keys, and trusts in the identity tokens of other systems.
 * Also adds the version of apps, by which verification knows whether the apps in its memory are still those of the database.
 * The release before shows service accounts as members, and accepts management keys at apps.
 */
export const machines: Migration = {
  name: '0015-machines',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await extendUsers(trx);
    await extendTokens(trx);
    await createTrusts(trx);
    await createAppVersion(trx);
    await trx.schema.alterTable('audit', (table) => {
      // The name of the management key that a service account acted with.
      table.text('actor_token');
    });
  },
};

/** A service account is a row of `users`, so that verification joins one table and foreign keys point to one. */
async function extendUsers(trx: Knex): Promise<void> {
  await trx.schema.alterTable('users', (table) => {
    table.text('kind').notNullable().defaultTo('member');
    // Only service accounts have one.
    table.text('description');
  });
  await trx.raw(
    "CREATE INDEX users_service_account_index ON users (id) WHERE kind = 'service-account' AND deleted_at IS NULL",
  );
  await trx.schema.createTable('maintainers', (table) => {
    table.text('service_account_id').notNullable().references('users.id').onDelete('CASCADE');
    table.text('user_id').notNullable().references('users.id').onDelete('CASCADE').index();
    table.primary(['service_account_id', 'user_id']);
  });
}

async function extendTokens(trx: Knex): Promise<void> {
  await trx.schema.alterTable('tokens', (table) => {
    // The scopes of a management key, separated by spaces. Null for every other token.
    table.text('manage');
    // The trust under which the token was exchanged. Null for every other token.
    table.text('trust_id');
  });
  await trx.raw('CREATE INDEX tokens_trust_index ON tokens (trust_id) WHERE trust_id IS NOT NULL');
  await trx.raw('CREATE INDEX tokens_exchanged_index ON tokens (id) WHERE trust_id IS NOT NULL');
  await trx.raw('CREATE INDEX tokens_manage_index ON tokens (id) WHERE manage IS NOT NULL');
}

/** One row. The condition keeps a second one out, because verification reads the table without a condition. */
async function createAppVersion(trx: Knex): Promise<void> {
  await trx.schema.createTable('app_version', (table) => {
    table.integer('id').primary();
    table.text('version').notNullable();
    table.check('id = 1');
  });
  await trx('app_version').insert({ id: 1, version: randomUUID() });
}

async function createTrusts(trx: Knex): Promise<void> {
  await trx.schema.createTable('trusts', (table) => {
    table.text('id').primary();
    table.text('name').notNullable().unique();
    table.text('service_account_id').notNullable().references('users.id').index();
    table.text('issuer').notNullable().index();
    // Null for the public URL.
    table.text('audience');
    // A JSON object.
    table.text('claims').notNullable();
    // JSON, as in `tokens`. Null if tokens of this trust have no rules.
    table.text('rules');
    table.bigInteger('ttl_seconds').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('changed_at').notNullable();
  });
  // The IDs that a repository and its owner had at the first exchange. A name can be taken over, an ID cannot.
  await trx.schema.createTable('trust_pins', (table) => {
    table.text('trust_id').notNullable().references('trusts.id').onDelete('CASCADE');
    table.text('kind').notNullable();
    table.text('name').notNullable();
    table.text('pinned_id').notNullable();
    table.primary(['trust_id', 'kind', 'name']);
  });
  // Subject tokens that were exchanged. Each is accepted once.
  await trx.schema.createTable('used_subject_tokens', (table) => {
    table.text('hash').primary();
    table.bigInteger('expires_at').notNullable().index();
  });
}
