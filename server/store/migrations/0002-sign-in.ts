import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** Adds single sign-on, two-factor sign-in, one-time links and codes, OAuth clients and the device flow. */
export const signIn: Migration = {
  name: '0002-sign-in',
  async up(trx) {
    await extendUsers(trx);
    await extendSessions(trx);
    await createRecoveryCodes(trx);
    await createTickets(trx);
    await createClients(trx);
    await createDeviceCodes(trx);
  },
};

function extendUsers(trx: Knex) {
  return trx.schema.alterTable('users', (table) => {
    table.text('oidc_issuer');
    table.text('oidc_subject');
    table.bigInteger('sso_signed_in_at');
    // During the enrolment the secret is set and totp_enabled_at is null.
    table.text('totp_secret');
    table.bigInteger('totp_enabled_at');
    table.bigInteger('totp_last_step');
    table.unique(['oidc_issuer', 'oidc_subject']);
  });
}

function extendSessions(trx: Knex) {
  return trx.schema.alterTable('sessions', (table) => {
    table.boolean('sso').notNullable().defaultTo(false);
    table.text('sso_sid').index();
  });
}

function createRecoveryCodes(trx: Knex) {
  return trx.schema.createTable('recovery_codes', (table) => {
    table.text('user_id').notNullable().references('users.id');
    table.text('hash').notNullable();
    table.primary(['user_id', 'hash']);
  });
}

function createTickets(trx: Knex) {
  return trx.schema.createTable('tickets', (table) => {
    table.text('hash').primary();
    table.text('kind').notNullable();
    table.text('user_id').references('users.id').index();
    table.text('data').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
  });
}

function createClients(trx: Knex) {
  return trx.schema.createTable('clients', (table) => {
    table.text('id').primary();
    table.text('client_id').notNullable().unique();
    table.text('name').notNullable();
    table.text('name_folded').notNullable().unique();
    table.text('secret_hash').notNullable();
    table.boolean('can_revoke').notNullable();
    table.bigInteger('created_at').notNullable();
  });
}

function createDeviceCodes(trx: Knex) {
  return trx.schema.createTable('device_codes', (table) => {
    table.text('hash').primary();
    table.text('user_code').notNullable().unique();
    table.text('client_id').notNullable();
    table.text('ip');
    table.text('user_agent');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable().index();
    table.bigInteger('interval_ms').notNullable();
    table.bigInteger('last_polled_at');
    table.text('status').notNullable();
    // The browser session that entered the code. Only this session can approve or deny it.
    table.text('opened_by');
    table.text('user_id').references('users.id').index();
    table.boolean('sso').notNullable();
    table.text('sso_sid');
  });
}
