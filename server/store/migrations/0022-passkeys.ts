import type { Migration } from './migration.ts';

/**
 * Adds passkeys. The release before ignores them: at one of its nodes, a member whose only second factor is a passkey signs in with the
 * password alone.
 */
export const passkeys: Migration = {
  name: '0022-passkeys',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.createTable('passkeys', (table) => {
      table.text('id').primary();
      table.text('user_id').notNullable().references('users.id').onDelete('CASCADE');
      table.text('credential_id').notNullable().unique();
      // COSE, base64url.
      table.text('public_key').notNullable();
      table.bigInteger('counter').notNullable();
      // A JSON array.
      table.text('transports').notNullable();
      table.boolean('backed_up').notNullable();
      // The host that the passkey was made for.
      table.text('rp_id').notNullable();
      table.text('name').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('last_used_at');
      table.index(['user_id', 'id']);
    });
    await trx.schema.alterTable('users', (table) => {
      // How many passkeys the member has, so that each sign-in and each session sees whether they have one.
      table.bigInteger('passkeys').notNullable().defaultTo(0);
    });
  },
};
