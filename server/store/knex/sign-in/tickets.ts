import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TicketStore } from '../../interfaces/sign-in.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { ticketColumns } from '../../tables/sign-in.ts';

export function createTicketStore(knex: Knex, engine: Engine): TicketStore {
  const tickets = () => knex<RowOf<typeof ticketColumns>>('tickets');

  return {
    async insert(ticket) {
      const inserted = await tickets()
        .insert(toRow(ticketColumns, ticket))
        .onConflict('hash')
        .ignore()
        .returning('hash');
      return inserted.length > 0;
    },
    async replace(ticket) {
      await tickets().insert(toRow(ticketColumns, ticket)).onConflict('hash').merge();
    },
    async find(hash, kind, now) {
      const row = await tickets().where({ hash, kind }).where('expires_at', '>', now).first();
      return row ? toRecord(ticketColumns, row) : null;
    },
    async consume(hash, kind, now) {
      const sql = 'DELETE FROM tickets WHERE hash = ? AND kind = ? AND expires_at > ? RETURNING *';
      const [row] = engine.rows(await knex.raw(sql, [hash, kind, now]));
      return row ? toRecord(ticketColumns, row) : null;
    },
    async deleteAllOf(userId, kind) {
      await tickets()
        .where({ user_id: userId, ...(kind && { kind }) })
        .delete();
    },
    async changeAllOf(userId, kinds, { kind, data }) {
      await tickets()
        .where({ user_id: userId })
        .whereIn('kind', [...kinds])
        .update({ kind, data });
    },
    async deleteAllOfKind(kind) {
      await tickets().where({ kind }).delete();
    },
    purge(now, limit) {
      const expired = tickets().select('hash').where('expires_at', '<=', now).orderBy('expires_at').limit(limit);
      return tickets().whereIn('hash', expired).delete();
    },
  };
}
