import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds what the gate decides by: apps with their hosts, the groups of members, and the rules of tokens. The release before ignores
 * all of it, so it accepts a token with rules everywhere.
 */
export const gate: Migration = {
  name: '0014-gate',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.createTable('apps', (table) => {
      table.text('id').primary();
      table.text('name').notNullable().unique();
      table.text('url');
      // A JSON array.
      table.text('groups');
      table.bigInteger('max_expiry_seconds');
      table.text('preflight').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('changed_at').notNullable();
    });
    await trx.schema.createTable('app_hosts', (table) => {
      table.text('host').primary();
      table.text('app_id').notNullable().references('apps.id').onDelete('CASCADE').index();
    });
    await extendTokens(trx);
    await extendUsers(trx);
    await extendTotals(trx);
  },
};

async function extendTokens(trx: Knex): Promise<void> {
  await trx.schema.alterTable('tokens', (table) => {
    // JSON. Null if the token has no rules.
    table.text('rules');
    table.bigInteger('rules_changed_at');
  });
  // The apps that tokens are restricted to. Verification reads `tokens.rules`.
  await trx.schema.createTable('token_apps', (table) => {
    table.text('app_id').notNullable().references('apps.id');
    table.text('token_id').notNullable().references('tokens.id').onDelete('CASCADE').index();
    table.primary(['app_id', 'token_id']);
  });
}

/** JSON arrays of group names: from the identity provider, and from superusers. */
function extendUsers(trx: Knex) {
  return trx.schema.alterTable('users', (table) => {
    table.text('sso_groups');
    table.text('manual_groups');
  });
}

/**
 * When an allowed use last lacked what rules need: an app, a path or one that has one meaning, the client's address, a method.
 * Nobody knows what the uses before this migration lacked, so they count as lacking all of it. Otherwise, rules suggested from
 * them could deny them.
 */
async function extendTotals(trx: Knex): Promise<void> {
  const columns = ['no_app', 'no_path', 'odd_path', 'no_network', 'no_method'].map((what) => `${what}_at`);
  await trx.schema.alterTable('usage_totals', (table) => {
    for (const column of columns) table.bigInteger(column);
  });
  const now =
    trx.client.dialect === 'sqlite3'
      ? "CAST(strftime('%s', 'now') AS INTEGER) * 1000 + 999"
      : 'ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
  await trx('usage_totals').update(Object.fromEntries(columns.map((column) => [column, trx.raw(now)])));
}
