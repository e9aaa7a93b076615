import type { Knex } from 'knex';
import type { OutboxStore } from '../interfaces/outbox.ts';
import type { MailLink, QueuedMail } from '../records.ts';
import { integer, nullable, type RowOf, text, toRecord, toRow } from '../tables/column.ts';
import { mailColumns, mailLinkColumns } from '../tables/outbox.ts';

/** The state of a message: the columns that are set distinguish pending, leased, sent and dead. */
const stateColumns = {
  /** When the message may next be claimed. A lease moves it to the lease's end; null once sent or given up. */
  dueAt: nullable(integer('due_at')),
  leaseId: nullable(text('lease_id')),
  sentAt: nullable(integer('sent_at')),
  gaveUpAt: nullable(integer('gave_up_at')),
  lastError: nullable(text('last_error')),
};

type OutboxRow = RowOf<typeof mailColumns> & RowOf<typeof mailLinkColumns> & RowOf<typeof stateColumns>;

export function createOutboxStore(knex: Knex): OutboxStore {
  const mails = () => knex<OutboxRow>('outbox');
  const endLease = async (id: string, leaseId: string, outcome: Partial<OutboxRow>) => {
    const ended = await mails()
      .where({ id, lease_id: leaseId })
      .update({ lease_id: null, ...outcome });
    return ended > 0;
  };

  return {
    async enqueue({ link, deletedUserId, ...mail }) {
      await mails().insert({
        ...toRow(mailColumns, { ...mail, attempts: 0 }),
        ...(link && toRow(mailLinkColumns, link)),
        ...(deletedUserId !== undefined && { link_user_id: deletedUserId }),
        due_at: mail.createdAt,
      });
    },
    async claim({ now, leaseMs, leaseId, limit, afterRecipient = '', excludeIds = [] }) {
      const due = mails()
        .select('id')
        .whereNotNull('due_at')
        // Adding 0 keeps SQLite from reading all due messages through the index on `due_at`, and sorting them.
        .whereRaw('due_at + 0 <= ?', now)
        .where('recipient', '>', afterRecipient)
        // If nothing is due, this ends the search before it looks at each message that waits.
        .whereRaw('(SELECT min(due_at) FROM outbox WHERE due_at IS NOT NULL) <= ?', now)
        .orderBy(['recipient', 'due_at', 'id'])
        .limit(limit)
        .forUpdate()
        .skipLocked();
      if (excludeIds.length > 0) due.whereNotIn('id', excludeIds);
      // A CTE runs once. PostgreSQL may run a subquery in WHERE again for each row, and so lease more than `limit`.
      const claimed = await mails()
        .with('due', due)
        .whereIn('id', knex('due').select('id'))
        .update({ lease_id: leaseId, due_at: now + leaseMs, attempts: knex.raw('attempts + 1') })
        .returning('*');
      return claimed.map(toQueuedMail).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    hasLease: async (id, leaseId) => (await mails().where({ id, lease_id: leaseId }).first('id')) !== undefined,
    async markSent(id, leaseId, at) {
      if (await endLease(id, leaseId, { due_at: null, sent_at: at, last_error: null })) await recordSent(knex, at);
    },
    async retryLater(id, leaseId, at, error) {
      await endLease(id, leaseId, { due_at: at, last_error: error });
    },
    giveUp: (id, leaseId, at, error) => endLease(id, leaseId, { due_at: null, gave_up_at: at, last_error: error }),
    withdraw: async (id, leaseId) => (await mails().where({ id, lease_id: leaseId }).delete()) > 0,
    async withdrawLinks(userId, kind) {
      await mails()
        .where({ link_user_id: userId, sent_at: null, ...(kind && { link_kind: kind }) })
        .delete();
    },
    async waiting(limit) {
      const pending = await mails().where('due_at', '>=', 0).orderBy('due_at').orderBy('id').limit(limit);
      return pending.map((row) => {
        const { id, to, subject, createdAt, attempts } = toRecord(mailColumns, row);
        const { dueAt, leaseId, lastError } = toRecord(stateColumns, row);
        return {
          id,
          to,
          subject,
          createdAt,
          attempts,
          dueAt: Number(dueAt),
          leased: leaseId !== null,
          error: lastError,
        };
      });
    },
    async deadLetters(limit) {
      const dead = await mails().whereNotNull('gave_up_at').orderBy('gave_up_at', 'desc').orderBy('id').limit(limit);
      return dead.map((row) => {
        const { id, to, subject, createdAt, attempts } = toRecord(mailColumns, row);
        const { gaveUpAt, lastError } = toRecord(stateColumns, row);
        return { id, to, subject, createdAt, attempts, gaveUpAt: Number(gaveUpAt), error: lastError ?? '' };
      });
    },
    revive(now, to) {
      const dead = mails().whereNotNull('gave_up_at');
      if (to !== undefined) dead.where('recipient', to);
      return dead.update({ gave_up_at: null, due_at: now, attempts: 0 });
    },
    bringForward(now, to) {
      const later = mails().where('due_at', '>', now).whereNull('lease_id');
      if (to !== undefined) later.where('recipient', to);
      return later.update({ due_at: now });
    },
    async releaseAllLeases() {
      // Only pending messages are leased, and the index on `due_at` finds them.
      await mails()
        .where('due_at', '>=', 0)
        .whereNotNull('lease_id')
        .update({ lease_id: null, due_at: knex.ref('created_at') });
    },
    async backlog() {
      // Unlike IS NOT NULL, SQLite always looks up a range in the index.
      const [pending] = await mails().where('due_at', '>=', 0).count({ rows: '*' }).min({ oldest: 'created_at' });
      const [dead] = await mails().whereNotNull('gave_up_at').count({ rows: '*' });
      const oldest = pending?.oldest ?? null;
      return {
        pending: Number(pending?.rows),
        dead: Number(dead?.rows),
        oldestAt: oldest === null ? null : Number(oldest),
      };
    },
    lastSentAt: () => lastSentAt(knex),
    purgeSent(before, limit) {
      const old = mails().select('id').where('sent_at', '<', before).orderBy('sent_at').limit(limit);
      return mails().whereIn('id', old).delete();
    },
  };
}

/** The name of the position in `job_positions` that holds the time of the last sent message. */
const sentJob = 'mail-sent';

async function recordSent(knex: Knex, at: number): Promise<void> {
  const later = knex.raw('CASE WHEN job_positions.at > excluded.at THEN job_positions.at ELSE excluded.at END');
  await knex('job_positions').insert({ job: sentJob, at, id: '' }).onConflict('job').merge({ at: later });
}

async function lastSentAt(knex: Knex): Promise<number | null> {
  const row = await knex('job_positions').where({ job: sentJob }).first('at');
  return row === undefined ? null : Number(row.at);
}

function toQueuedMail(row: object): QueuedMail {
  const { kind, userId, data } = toRecord(mailLinkColumns, row);
  const link: MailLink | null = kind === null || userId === null ? null : { kind, userId, data: data ?? '{}' };
  return { ...toRecord(mailColumns, row), link, deletedUserId: kind === null ? userId : null };
}
