import type { Migration } from './migration.ts';

/**
 * Adds what a session's limits depend on: whether it belongs to the console or to a program, and the sessions that it
 * derives from. Adds the mark of a password that the operator set on the server.
 */
export const sessionKinds: Migration = {
  name: '0005-session-kinds',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.alterTable('sessions', (table) => {
      table.bigInteger('console_started_at');
      table.bigInteger('program_started_at');
    });
    await trx.schema.alterTable('users', (table) => {
      table.boolean('password_until_sso').notNullable().defaultTo(false);
    });
  },
};
