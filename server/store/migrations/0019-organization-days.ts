import type { Migration } from './migration.ts';

/** Adds the number of verifications of each day. The release before counts none. */
export const organizationDays: Migration = {
  name: '0019-organization-days',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.createTable('organization_days', (table) => {
      table.bigInteger('day').primary();
      table.bigInteger('allowed').notNullable();
      table.bigInteger('denied').notNullable();
    });
  },
};
