import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { NoticeStore } from '../../interfaces/notices.ts';
import type { PendingNotice } from '../../records.ts';
import { type RowOf, selectList, toRecord } from '../../tables/column.ts';
import { noticeColumns } from '../../tables/notices.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins, toToken } from '../tokens/token-rows.ts';
import { tidyIdle } from './idle-tokens.ts';
import { markExpired, markExpiring } from './notice-marks.ts';

const dayMs = 24 * 60 * 60 * 1000;

type NoticeRow = TokenRow & RowOf<typeof noticeColumns>;

export function createNoticeStore(knex: Knex, engine: Engine): NoticeStore {
  const dueNotices = (now: number) =>
    // The condition on `notice_within` is written as in the index `tokens_notice_index`.
    knex
      .fromRaw(`tokens AS t JOIN users AS u ON u.id = t.owner_id ${tokenJoins}`)
      .whereRaw('t.notice_within IS NOT NULL')
      .where((token) => token.whereNull('t.paused_at').orWhere('t.paused_until', '<=', now));

  return {
    markExpiring: (withinMs, span) => markExpiring(knex, engine, withinMs, span),
    markExpired: (span) => markExpired(knex, engine, span),
    tidyIdle: (bounds, actor) => tidyIdle(knex, engine, bounds, actor),
    membersToNotify(now, { after, limit }) {
      const gotMail = knex('daily_mails AS d').whereRaw('d.user_id = t.owner_id').where('d.day', dayOf(now));
      return knex('tokens AS t')
        .join('users AS u', 'u.id', 't.owner_id')
        .whereRaw('t.notice_within IS NOT NULL')
        .where('t.owner_id', '>', after)
        .where((token) => token.whereNull('t.paused_at').orWhere('t.paused_until', '<=', now))
        .where({ 'u.disabled': false, 'u.can_manage_tokens': true })
        .whereNotExists(gotMail)
        .orderBy('t.owner_id')
        .limit(limit)
        .distinct()
        .pluck('t.owner_id');
    },
    async due(ownerId, { now, limit }) {
      const rows: NoticeRow[] = await dueNotices(now)
        .select([...ownedTokenColumns, ...selectList(noticeColumns, 't')])
        .where('t.owner_id', ownerId)
        .orderBy('t.id')
        .limit(limit)
        .forUpdate('t');
      return rows.map((row): PendingNotice => ({ token: toToken(row), ...toRecord(noticeColumns, row) }));
    },
    async claimDay(userId, now) {
      const day = dayOf(now);
      const claimed = await knex('daily_mails')
        .insert({ user_id: userId, day })
        .onConflict('user_id')
        .merge(['day'])
        // A later day was stored while a clock was wrong, unless midnight has just passed on another node.
        .where((mail) => mail.where('daily_mails.day', '<', day).orWhere('daily_mails.day', '>', day + 1))
        .returning('user_id');
      return claimed.length > 0;
    },
    async settle(tokenIds, idle, now) {
      const tokens = (ids: readonly string[]) =>
        knex('tokens').whereRaw(engine.among('id'), [engine.bindList(ids) as Knex.RawBinding]);
      await tokens(tokenIds).update({ notice_within: null });
      if (idle.length > 0) await tokens(idle).update({ idle_noticed_at: now });
    },
  };
}

/** Returns the UTC day, counted from 1970-01-01. */
function dayOf(at: number): number {
  return Math.floor(at / dayMs);
}
