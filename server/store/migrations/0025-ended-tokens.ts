import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds what the page of an ended token shows: its last use, and the requests that were denied since it ended. One tombstone of each token
 * stands for it. The release before ignores all of it. Tombstones that it writes stand for no token, so that lists leave these tokens out.
 */
export const endedTokens: Migration = {
  name: '0025-ended-tokens',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.alterTable('tombstones', (table) => {
      // Whether the tombstone is that of the last current value.
      table.boolean('is_current').notNullable().defaultTo(false);
      table.boolean('exchanged').notNullable().defaultTo(false);
      // Null for tokens that ended before this migration.
      table.text('name_folded');
      table.bigInteger('last_used_at');
      for (const part of ['method', 'path', 'ip', 'user_agent']) table.text(`last_used_${part}`);
    });
    await fill(trx);
    // Lists show exchanged tokens or all others. A service account may have very many of the former.
    for (const [kind, condition] of [
      ['ended', 'NOT exchanged'],
      ['exchanged', 'exchanged'],
    ]) {
      const where = `WHERE is_current AND ${condition}`;
      await trx.raw(`CREATE INDEX tombstones_${kind}_index ON tombstones (token_id) ${where}`);
      await trx.raw(`CREATE INDEX tombstones_${kind}_owner_index ON tombstones (owner_id, token_id) ${where}`);
    }
    await createDeniedRequests(trx);
  },
};

/** Nothing tells which value of a rotated token was the current one. One of the values that worked last stands for the token. */
async function fill(trx: Knex): Promise<void> {
  await trx.raw(`
    UPDATE tombstones SET is_current = true
    WHERE reason <> 'rotated' AND NOT EXISTS (
      SELECT 1 FROM tombstones AS other
      WHERE other.token_id = tombstones.token_id AND other.reason <> 'rotated' AND other.hash < tombstones.hash
    )`);
  await trx.raw(`
    UPDATE tombstones SET exchanged = true
    WHERE token_id IN (SELECT target_id FROM audit WHERE action = 'token.exchanged')`);
}

/** The last requests that were denied with a value of an ended token. They go with its tombstone. */
async function createDeniedRequests(trx: Knex): Promise<void> {
  await trx.schema.createTable('ended_denied_requests', (table) => {
    table.text('token_id').notNullable();
    table.text('owner_id').notNullable().references('users.id');
    // The tombstone that stands for the token.
    table.text('hash').notNullable().references('tombstones.hash').onDelete('CASCADE').index();
    table.bigInteger('at').notNullable();
    table.text('id').notNullable();
    table.text('reason').notNullable();
    table.text('app_id');
    for (const column of ['method', 'path', 'ip', 'user_agent']) table.text(column);
    table.primary(['token_id', 'at', 'id']);
    table.index(['owner_id', 'at', 'id']);
  });
}
