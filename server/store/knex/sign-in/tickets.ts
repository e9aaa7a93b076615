import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { Ticket } from '../../records.ts';
import type { TicketStore } from '../../store.ts';

interface TicketRow {
  hash: string;
  kind: Ticket['kind'];
  user_id: string | null;
  data: string;
  created_at: number | string;
  expires_at: number | string;
}

export function createTicketStore(knex: Knex, engine: Engine): TicketStore {
  const tickets = () => knex<TicketRow>('tickets');

  return {
    async insert({ hash, kind, userId, data, createdAt, expiresAt }) {
      const row = { hash, kind, user_id: userId, data, created_at: createdAt, expires_at: expiresAt };
      return (await tickets().insert(row).onConflict('hash').ignore().returning('hash')).length > 0;
    },
    async find(hash, kind, now) {
      const row = await tickets().where({ hash, kind }).where('expires_at', '>', now).first();
      return row ? toTicket(row) : null;
    },
    async consume(hash, kind, now) {
      const sql = 'DELETE FROM tickets WHERE hash = ? AND kind = ? AND expires_at > ? RETURNING *';
      const [row] = engine.rows(await knex.raw(sql, [hash, kind, now])) as unknown as TicketRow[];
      return row ? toTicket(row) : null;
    },
    async deleteAllOf(userId, kind) {
      await tickets()
        .where({ user_id: userId, ...(kind && { kind }) })
        .delete();
    },
    purge(now, limit) {
      const ended = tickets().select('hash').where('expires_at', '<=', now).orderBy('expires_at').limit(limit);
      return tickets().whereIn('hash', ended).delete();
    },
  };
}

function toTicket(row: TicketRow): Ticket {
  return {
    hash: row.hash,
    kind: row.kind,
    userId: row.user_id,
    data: row.data,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  };
}
