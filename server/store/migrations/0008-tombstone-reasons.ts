import type { Migration } from './migration.ts';

/** Adds why a token ended, because a token that expired also leaves a tombstone when its name is used again. */
export const tombstoneReasons: Migration = {
  name: '0008-tombstone-reasons',
  // The release before ignores the column and gives the reason `revoked`.
  worksFrom: '0003-several-nodes',
  up(trx) {
    return trx.schema.alterTable('tombstones', (table) => {
      table.text('reason').notNullable().defaultTo('revoked');
    });
  },
};
