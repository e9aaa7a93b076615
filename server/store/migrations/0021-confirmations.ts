import type { Migration } from './migration.ts';

/**
 * Adds when a session last confirmed who uses it. Sessions from before have not confirmed it, and neither have those that the release
 * before starts, so both ask first.
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
