import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds the data of collected mails: which notices of a token are due, which members got their daily mail, and the events of
 * short-lived tokens that wait for a mail. Its indexes lead jobs to the few tokens that they change. The release before ignores
 * all of it.
 */
export const collectedMails: Migration = {
  name: '0013-collected-mails',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await extendTokens(trx);
    await trx.schema.createTable('job_positions', (table) => {
      table.text('job').primary();
      table.bigInteger('at').notNullable();
      table.text('id').notNullable();
    });
    await trx.schema.createTable('daily_mails', (table) => {
      references(table, 'user_id').primary();
      // The UTC day of the newest one, counted from 1970-01-01.
      table.bigInteger('day').notNullable();
    });
    await trx.schema.createTable('mail_windows', (table) => {
      references(table, 'user_id').primary();
      table.bigInteger('closes_at').notNullable().index();
      table.bigInteger('events').notNullable();
    });
    await trx.schema.createTable('collected_events', (table) => {
      table.text('id').primary();
      references(table, 'user_id');
      // JSON.
      table.text('event').notNullable();
      table.index(['user_id', 'id']);
    });
  },
};

async function extendTokens(trx: Knex): Promise<void> {
  await trx.schema.alterTable('tokens', (table) => {
    // The notice that is due: the threshold that the token crossed, in milliseconds. Null if none is.
    table.bigInteger('notice_within');
    // When the owner was last told that the token becomes idle.
    table.bigInteger('idle_noticed_at');
  });
  // Their conditions are written as queries write them. SQLite does not recognize an index by the value of a parameter.
  await trx.raw('CREATE INDEX tokens_notice_index ON tokens (owner_id) WHERE notice_within IS NOT NULL');
  await trx.raw(
    `CREATE INDEX tokens_short_lived_index ON tokens ((expires_at + 0)) WHERE coalesce(lifetime_ms, expires_at - created_at) <= 86400000`,
  );
}

function references(table: Knex.CreateTableBuilder, column: string) {
  return table.text(column).notNullable().references('users.id').onDelete('CASCADE');
}
