import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** IDs are UUIDv7 as text and times are milliseconds in a bigint, so that both databases store the same values. */
export const initial: Migration = {
  name: '0001-initial',
  async up(trx) {
    await createUsers(trx);
    await createTokens(trx);
    await createTombstones(trx);
    await createIdempotencyKeys(trx);
    await createSessions(trx);
    await createAudit(trx);
    await createOutbox(trx);
  },
};

function createUsers(trx: Knex) {
  return trx.schema.createTable('users', (table) => {
    table.text('id').primary();
    table.text('email').notNullable();
    table.text('email_folded').notNullable().unique();
    table.text('name').notNullable();
    table.text('name_folded').notNullable();
    table.boolean('superuser').notNullable();
    table.boolean('disabled').notNullable();
    table.boolean('can_manage_tokens').notNullable();
    table.text('password_hash');
    table.boolean('sso').notNullable();
    table.bigInteger('created_at').notNullable();
  });
}

function createTokens(trx: Knex) {
  return trx.schema.createTable('tokens', (table) => {
    table.text('id').primary();
    table.text('owner_id').notNullable().references('users.id');
    table.text('hash').notNullable().unique();
    table.text('prefix').notNullable();
    table.text('name').notNullable();
    table.text('name_folded').notNullable();
    table.text('description');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at');
    table.bigInteger('last_used_at');
    table.text('last_used_method');
    table.text('last_used_path');
    table.text('last_used_ip');
    table.text('last_used_user_agent');
    table.unique(['owner_id', 'name_folded']);
    table.index(['owner_id', 'id']);
  });
}

function createTombstones(trx: Knex) {
  return trx.schema.createTable('tombstones', (table) => {
    table.text('hash').primary();
    table.text('token_id').notNullable();
    table.text('owner_id').notNullable().references('users.id');
    table.text('prefix').notNullable();
    table.text('name').notNullable();
    table.bigInteger('revoked_at').notNullable().index();
    table.text('actor_kind').notNullable();
    table.text('actor_id');
    table.text('actor_email');
  });
}

function createIdempotencyKeys(trx: Knex) {
  return trx.schema.createTable('idempotency_keys', (table) => {
    table.text('user_id').notNullable().references('users.id');
    table.text('key').notNullable();
    table.text('body_hash').notNullable();
    table.text('token_id').notNullable();
    table.bigInteger('created_at').notNullable().index();
    table.primary(['user_id', 'key']);
  });
}

function createSessions(trx: Knex) {
  return trx.schema.createTable('sessions', (table) => {
    table.text('id').primary();
    table.text('user_id').notNullable().references('users.id').index();
    table.text('hash').notNullable().unique();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_seen_at').notNullable().index();
    table.bigInteger('expires_at').notNullable().index();
    table.text('ip');
    table.text('user_agent');
  });
}

function createAudit(trx: Knex) {
  return trx.schema.createTable('audit', (table) => {
    table.text('id').primary();
    table.bigInteger('at').notNullable().index();
    table.text('actor_kind').notNullable();
    table.text('actor_id');
    table.text('actor_email');
    table.text('action').notNullable();
    table.text('target_kind').notNullable();
    table.text('target_id');
    table.text('target_name');
    table.text('owner_id');
    table.text('ip');
    table.text('user_agent');
    table.index(['actor_id', 'id']);
    table.index(['owner_id', 'id']);
    table.index(['target_id', 'id']);
    table.index(['actor_email', 'id']);
  });
}

function createOutbox(trx: Knex) {
  return trx.schema.createTable('outbox', (table) => {
    table.text('id').primary();
    table.text('recipient').notNullable();
    table.text('subject').notNullable();
    table.text('text').notNullable();
    table.text('html').notNullable();
    table.text('message_id').notNullable();
    table.bigInteger('created_at').notNullable();
    table.integer('attempts').notNullable();
    // When the message may next be claimed. A lease moves this to its end; null means sent or given up.
    table.bigInteger('due_at').index();
    table.text('lease_id');
    table.bigInteger('sent_at').index();
    table.bigInteger('gave_up_at');
    table.text('last_error');
  });
}
