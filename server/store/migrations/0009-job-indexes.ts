import type { Migration } from './migration.ts';

/**
 * Adds indexes for jobs, metrics and changes: on mails that are due, sessions that have ended, device codes of a session, and
 * rows that name a member who is deleted. Their conditions are written as queries write them. SQLite does not recognize an index by the value of a parameter.
 */
export const jobIndexes: Migration = {
  name: '0009-job-indexes',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.raw('CREATE INDEX outbox_pending_index ON outbox (due_at, id, created_at) WHERE due_at IS NOT NULL');
    await trx.raw('CREATE INDEX outbox_turn_index ON outbox (recipient, due_at, id) WHERE due_at IS NOT NULL');
    await trx.schema.alterTable('outbox', (table) => table.dropIndex(['due_at']));
    const ended = {
      console_started: ['console_started_at', 'console_started_at IS NOT NULL'],
      program_started: ['program_started_at', 'program_started_at IS NOT NULL'],
      program_seen: ['last_seen_at', 'program_started_at IS NOT NULL'],
      other_seen: ['last_seen_at', 'program_started_at IS NULL'],
      unknown_created: ['created_at', 'program_started_at IS NULL AND console_started_at IS NULL'],
    };
    for (const [name, [column, condition]] of Object.entries(ended)) {
      await trx.raw(`CREATE INDEX sessions_${name}_index ON sessions (${column}) WHERE ${condition}`);
    }
    await trx.schema.alterTable('sessions', (table) => table.dropIndex(['last_seen_at']));
    await trx.schema.alterTable('outbox', (table) => table.index(['recipient']));
    await trx.raw('CREATE INDEX tombstones_actor_index ON tombstones (actor_id) WHERE actor_id IS NOT NULL');
    await trx.raw('CREATE INDEX device_codes_opened_by_index ON device_codes (opened_by) WHERE opened_by IS NOT NULL');
  },
};
