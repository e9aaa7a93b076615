import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

const participants = ['actor_id', 'owner_id', 'target_id'];

/**
 * Adds indexes for lists, so that a page takes about as long with ten million rows as with ten. With ten million audit
 * events, creating them takes some minutes. On PostgreSQL, changes fail with 503 until the migration ends, because every
 * change writes an audit event. Verification continues, because creating an index does not lock out readers.
 *
 * This comes before the other migrations of its release, because those lock out readers until the transaction ends.
 */
export const listIndexes: Migration = {
  name: '0004-list-indexes',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await indexAudit(trx);
    await trx.schema.alterTable('outbox', (table) => {
      table.index(['gave_up_at'], 'outbox_gave_up_at_index', { predicate: trx.whereNotNull('gave_up_at') });
    });
    // The condition is written as queries write it. SQLite does not recognize an index by the value of a parameter.
    await trx.raw('CREATE INDEX users_superuser_index ON users (id) WHERE superuser');
    await trx.schema.alterTable('tokens', (table) => {
      table.index(['expires_at', 'id', 'owner_id'], 'tokens_expires_at_index', {
        predicate: trx.whereNotNull('expires_at'),
      });
    });
    // These are replaced by `indexAudit`. Dropping them locks out readers of the audit log, so it comes last.
    await trx.schema.alterTable('audit', (table) => {
      for (const participant of participants) table.dropIndex([participant, 'id']);
    });
  },
};

async function indexAudit(trx: Knex) {
  // Events whose ID holds a time that differs from `at` by more than a minute. There are few: the clock was set back.
  const hexadecimal = (expression: string) =>
    trx.client.dialect === 'sqlite3' ? `printf('%012x', ${expression})` : `lpad(to_hex(${expression}), 12, '0')`;
  const isDated = `substr(id, 1, 8) || substr(id, 10, 4) BETWEEN ${hexadecimal('at - 60000')} AND ${hexadecimal('at + 60000')}`;
  await trx.raw(`CREATE INDEX audit_misdated_index ON audit (at) WHERE CASE WHEN ${isDated} THEN 0 ELSE 1 END = 1`);
  await trx.schema.alterTable('audit', (table) => {
    table.index(['action', 'id']);
    // With the action in the index of a participant, a search for both reads only the index. The indexes that these replace
    // begin with the same columns, so that the release before finds its events as fast.
    for (const participant of participants) table.index([participant, 'id', 'action']);
  });
}
