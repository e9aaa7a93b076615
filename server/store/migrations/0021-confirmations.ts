import type { Migration } from './migration.ts';

/**
 * Adds when the member of a session last confirmed who they are. Sessions from before, and those that the release before starts,
 * have no such time, so both ask first.
 */
export const confirmations: Migration = {
  name: '0021-confirmations',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.alterTable('sessions', (table) => {
      table.bigInteger('confirmed_at');
    });
  },
};
