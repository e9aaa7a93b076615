import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds what happens to a token between its creation and its end: rotation, pauses, and the span after which it expires. The
 * release before neither pauses nor rotates. It ignores the new columns, and accepts a paused token.
 */
export const tokenLife: Migration = {
  name: '0011-token-life',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await extendTokens(trx);
    await createPreviousValues(trx);
    await createPolicyStarts(trx);
    await trx.schema.alterTable('audit', (table) => {
      // A JSON array of the fields that changed.
      table.text('changes');
    });
  },
};

async function extendTokens(trx: Knex): Promise<void> {
  await trx.schema.alterTable('tokens', (table) => {
    table.bigInteger('rotated_at');
    // Null if the token never expires, and for tokens of earlier releases. For these, it is the time from creation to expiry.
    table.bigInteger('lifetime_ms');
    table.boolean('self_rotate').notNullable().defaultTo(false);
    table.boolean('quiet_networks').notNullable().defaultTo(false);
    table.bigInteger('paused_at');
    // Null for a pause without an end.
    table.bigInteger('paused_until');
    table.text('paused_reason');
    table.text('paused_by_kind');
    table.text('paused_by_id');
    table.text('paused_by_email');
    table.boolean('paused_by_superuser').notNullable().defaultTo(false);
    table.bigInteger('resumed_at');
    // The newest use of any previous value. Verification needs it for the current value, and must not look for it.
    table.bigInteger('previous_used_at');
    // When the current value was first presented in a way that records no use, such as introspection.
    table.bigInteger('seen_at');
    // The value before the newest rotation, unless it was ended early.
    table.text('previous_hash');
  });
  await trx.raw('CREATE INDEX tokens_paused_index ON tokens (id) WHERE paused_at IS NOT NULL');
  await trx.raw('CREATE INDEX tokens_paused_by_index ON tokens (paused_by_id) WHERE paused_by_id IS NOT NULL');
}

function createPreviousValues(trx: Knex) {
  return trx.schema.createTable('previous_values', (table) => {
    table.text('hash').primary();
    table.text('token_id').notNullable().references('tokens.id').onDelete('CASCADE').index();
    table.text('prefix').notNullable();
    table.bigInteger('rotated_at').notNullable();
    table.bigInteger('valid_until').notNullable().index();
    table.boolean('self_rotated').notNullable().defaultTo(false);
    // The newest use since the rotation.
    table.bigInteger('last_used_at');
    table.text('last_used_method');
    table.text('last_used_path');
    table.text('last_used_ip');
    table.text('last_used_user_agent');
    // When the owner was told that this value is still used.
    table.bigInteger('noticed_at');
  });
}

/** When the database was first served with a value of a policy, or with a shorter one. */
function createPolicyStarts(trx: Knex) {
  return trx.schema.createTable('policy_starts', (table) => {
    table.text('policy').notNullable();
    table.bigInteger('value_ms').notNullable();
    table.bigInteger('first_served_at').notNullable();
    table.primary(['policy', 'value_ms']);
  });
}
