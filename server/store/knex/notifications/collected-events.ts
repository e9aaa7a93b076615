import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { CollectedEventStore } from '../../interfaces/notices.ts';
import { toRecord, toRow } from '../../tables/column.ts';
import { collectedEventColumns } from '../../tables/notices.ts';

/** A window with this many events closes early, and no mail names more, so that mail servers accept it. */
const maxEvents = 1_000;

/** Windows that close later were opened while a clock was wrong, or with a longer setting. */
const maxSkewMs = 60_000;

export function createCollectedEventStore(knex: Knex, engine: Engine): CollectedEventStore {
  const closed = (now: number, windowMs: number) => (window: Knex.QueryBuilder) =>
    window.where('closes_at', '<=', now).orWhere('closes_at', '>', now + windowMs + maxSkewMs);

  return {
    async collect(collected, { userId, now, windowMs }) {
      const isOver = 'mail_windows.events = 0 AND mail_windows.closes_at <= ?';
      const [window] = await knex('mail_windows')
        .insert({ user_id: userId, closes_at: now + windowMs, events: 0 })
        .onConflict('user_id')
        .merge({
          events: knex.raw(`CASE WHEN ${isOver} THEN 0 ELSE mail_windows.events + ? END`, [now, collected.length]),
          closes_at: knex.raw(
            `CASE WHEN ${isOver} THEN excluded.closes_at
              WHEN mail_windows.events + ? >= ? AND mail_windows.closes_at > ? THEN ?
              ELSE mail_windows.closes_at END`,
            [now, collected.length, maxEvents, now, now],
          ),
        })
        .returning('events');
      if (Number(window?.events) === 0) return false;
      await knex.batchInsert(
        'collected_events',
        collected.map((event) => toRow(collectedEventColumns, event)),
        100,
      );
      return true;
    },
    membersWithClosedWindows: (now, windowMs, { after, limit }) =>
      knex('mail_windows')
        .where(closed(now, windowMs))
        .where('user_id', '>', after)
        .orderBy('user_id')
        .limit(limit)
        .pluck('user_id'),
    take: (userId, now, windowMs) =>
      knex.transaction(async (trx) => {
        const windows = trx('mail_windows').where({ user_id: userId });
        const [window] = await windows
          .clone()
          .where(closed(now, windowMs))
          .update({ closes_at: now + windowMs })
          .returning('events');
        if (window === undefined) return [];
        const first = 'SELECT id FROM collected_events WHERE user_id = ? ORDER BY id LIMIT ?';
        const result = await trx.raw(`DELETE FROM collected_events WHERE id IN (${first}) RETURNING *`, [
          userId,
          maxEvents,
        ]);
        const taken = engine.rows(result);
        const left = Math.max(0, Number(window.events) - taken.length);
        if (taken.length === 0) await windows.clone().delete();
        else await windows.clone().update({ events: left, ...(left > 0 && { closes_at: now }) });
        return taken.map((row) => toRecord(collectedEventColumns, row)).sort((a, b) => (a.id < b.id ? -1 : 1));
      }),
  };
}
