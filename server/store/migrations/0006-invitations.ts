import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/** Adds mails whose one-time link is made when they are sent, and deleted members. */
export const invitations: Migration = {
  name: '0006-invitations',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await extendOutbox(trx);
    await extendUsers(trx);
  },
};

function extendOutbox(trx: Knex) {
  return trx.schema.alterTable('outbox', (table) => {
    // Null for a mail without a one-time link, and for every mail of an earlier release.
    table.text('link_kind');
    table.text('link_user_id').index();
    table.text('link_data');
  });
}

function extendUsers(trx: Knex) {
  return trx.schema.alterTable('users', (table) => {
    // The row of a deleted member stays, because tombstones refer to it and a restore needs to know.
    table.bigInteger('deleted_at');
  });
}
