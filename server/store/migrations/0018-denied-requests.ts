import type { Migration } from './migration.ts';

/** Adds the last denied requests of each token. Deleting a token deletes them. The release before ignores them. */
export const deniedRequests: Migration = {
  name: '0018-denied-requests',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.createTable('denied_requests', (table) => {
      table.text('token_id').notNullable().references('tokens.id').onDelete('CASCADE');
      // Lists of tokens look for those with a recent one.
      table.bigInteger('at').notNullable().index();
      table.text('id').notNullable();
      table.text('reason').notNullable();
      // No reference, because an app may be deleted.
      table.text('app_id');
      for (const column of ['method', 'path', 'ip', 'user_agent']) table.text(column);
      table.primary(['token_id', 'at', 'id']);
    });
  },
};
