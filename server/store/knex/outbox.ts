import type { Knex } from 'knex';
import type { MailRecord } from '../records.ts';
import type { OutboxStore } from '../store.ts';
import { numberOrNull } from './accounts/user-rows.ts';

interface OutboxRow {
  id: string;
  recipient: string;
  subject: string;
  text: string;
  html: string;
  message_id: string;
  created_at: number | string;
  attempts: number;
  due_at: number | string | null;
  lease_id: string | null;
  sent_at: number | string | null;
  gave_up_at: number | string | null;
  last_error: string | null;
}

export function createOutboxStore(knex: Knex): OutboxStore {
  const mails = () => knex<OutboxRow>('outbox');
  const settle = async (id: string, leaseId: string, outcome: Partial<OutboxRow>) => {
    const settled = await mails()
      .where({ id, lease_id: leaseId })
      .update({ lease_id: null, ...outcome });
    return settled > 0;
  };

  return {
    async enqueue({ id, to, subject, text, html, messageId, createdAt }) {
      const content = { id, recipient: to, subject, text, html, message_id: messageId };
      await mails().insert({ ...content, created_at: createdAt, attempts: 0, due_at: createdAt });
    },
    async claim({ now, leaseMs, leaseId, limit, excludeIds = [] }) {
      const due = mails().select('id').where('due_at', '<=', now).orderBy('id').limit(limit).forUpdate().skipLocked();
      if (excludeIds.length > 0) due.whereNotIn('id', excludeIds);
      // Beside the statement: PostgreSQL may run a subquery in it anew for each row, and take the next ones each time.
      const claimed = await mails()
        .with('due', due)
        .whereIn('id', knex('due').select('id'))
        .update({ lease_id: leaseId, due_at: now + leaseMs, attempts: knex.raw('attempts + 1') })
        .returning('*');
      return claimed.map(toMail).sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    async markSent(id, leaseId, at) {
      await settle(id, leaseId, { due_at: null, sent_at: at, last_error: null });
    },
    async retryLater(id, leaseId, at, error) {
      await settle(id, leaseId, { due_at: at, last_error: error });
    },
    giveUp: (id, leaseId, at, error) => settle(id, leaseId, { due_at: null, gave_up_at: at, last_error: error }),
    async deadLetters(limit) {
      const dead = await mails().whereNotNull('gave_up_at').orderBy('gave_up_at', 'desc').orderBy('id').limit(limit);
      return dead.map((row) => {
        const { id, to, subject, createdAt, attempts } = toMail(row);
        return { id, to, subject, createdAt, attempts, gaveUpAt: Number(row.gave_up_at), error: row.last_error ?? '' };
      });
    },
    revive(now, to) {
      const dead = mails().whereNotNull('gave_up_at');
      if (to !== undefined) dead.where('recipient', to);
      return dead.update({ gave_up_at: null, due_at: now, attempts: 0 });
    },
    async bringForward(now) {
      await mails().where('due_at', '>', now).whereNull('lease_id').update({ due_at: now });
    },
    async releaseAllLeases() {
      await mails()
        .whereNotNull('lease_id')
        .update({ lease_id: null, due_at: knex.ref('created_at') });
    },
    async backlog() {
      const [pending] = await mails().whereNotNull('due_at').count({ rows: '*' }).min({ oldest: 'created_at' });
      const [dead] = await mails().whereNotNull('gave_up_at').count({ rows: '*' });
      return { pending: Number(pending?.rows), dead: Number(dead?.rows), oldestAt: numberOrNull(pending?.oldest) };
    },
    purgeSent(before, limit) {
      const old = mails().select('id').where('sent_at', '<', before).orderBy('sent_at').limit(limit);
      return mails().whereIn('id', old).delete();
    },
  };
}

function toMail(row: OutboxRow): MailRecord {
  return {
    id: row.id,
    to: row.recipient,
    subject: row.subject,
    text: row.text,
    html: row.html,
    messageId: row.message_id,
    createdAt: Number(row.created_at),
    attempts: row.attempts,
  };
}
