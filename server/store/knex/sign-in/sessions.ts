import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { SessionStore } from '../../interfaces/sign-in.ts';
import { userColumns } from '../../tables/accounts.ts';
import { type RowOf, selectList, toRecord, toRow } from '../../tables/column.ts';
import { sessionColumns } from '../../tables/sign-in.ts';
import { waysToEnd, whereActive } from './session-ends.ts';

export function createSessionStore(knex: Knex, engine: Engine): SessionStore {
  const sessions = () => knex<RowOf<typeof sessionColumns>>('sessions');
  const withUser = [...selectList(sessionColumns, 's', 'session_'), ...selectList(userColumns, 'u', 'user_')];

  return {
    async insert(session) {
      await sessions().insert(toRow(sessionColumns, session));
    },
    async findByHash(hash) {
      const row: object | undefined = await knex('sessions as s')
        .join('users as u', 'u.id', 's.user_id')
        .where('s.hash', hash)
        // Nobody signs in as a service account, whatever a row says.
        .where('u.kind', 'member')
        .whereRaw(engine.onPrimary)
        .first(withUser);
      if (!row) return null;
      return { session: toRecord(sessionColumns, row, 'session_'), user: toRecord(userColumns, row, 'user_') };
    },
    async lock(id) {
      const row = await sessions().where({ id }).forUpdate().first();
      return row ? toRecord(sessionColumns, row) : null;
    },
    async listOf(userId, bounds, limit) {
      const rows = await sessions()
        .where({ user_id: userId })
        .where((session) => whereActive(session, bounds))
        .orderBy([
          { column: 'last_seen_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      return rows.map((row) => toRecord(sessionColumns, row));
    },
    async touch(id, at) {
      await sessions().where({ id }).where('last_seen_at', '<', at).update({ last_seen_at: at });
    },
    confirm: async (id, at) => (await sessions().where({ id }).update({ confirmed_at: at })) > 0,
    // The column is not in the table of columns, because requests that only authenticate should not read it.
    async setIdToken(id, sealed) {
      await knex('sessions').where({ id }).update({ sso_id_token: sealed });
    },
    async findIdToken(id) {
      const row: { sso_id_token: string | null } | undefined = await knex('sessions')
        .where({ id })
        .first('sso_id_token');
      return row?.sso_id_token ?? null;
    },
    delete: async (id, userId) => (await sessions().where({ id, user_id: userId }).delete()) > 0,
    async deleteAllOf(userId, exceptId = '') {
      const sql = 'DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id';
      return engine.rows(await knex.raw(sql, [userId, exceptId])).map(({ id }) => String(id));
    },
    async userIdsOfSid(issuer, sid) {
      const ofIssuer = knex('users').select('id').where('oidc_issuer', issuer);
      const rows = sessions().where('sso_sid', sid).whereIn('user_id', ofIssuer).distinct('user_id').orderBy('user_id');
      return (await rows).map(({ user_id }) => user_id);
    },
    async deleteAllOfSid(issuer, sid) {
      const sql = `DELETE FROM sessions WHERE sso_sid = ? AND user_id IN (SELECT id FROM users WHERE oidc_issuer = ?)
        RETURNING id, user_id`;
      const rows = engine.rows(await knex.raw(sql, [sid, issuer]));
      return rows.map((row) => ({ id: String(row.id), userId: String(row.user_id) }));
    },
    async deleteWithoutSid(userId) {
      const sql = 'DELETE FROM sessions WHERE user_id = ? AND sso = ? AND sso_sid IS NULL RETURNING id, user_id';
      const rows = engine.rows(await knex.raw(sql, [userId, true]));
      return rows.map((row) => ({ id: String(row.id), userId: String(row.user_id) }));
    },
    purge(bounds, limit) {
      // With OR, the databases would read the whole table.
      const [first, ...others] = waysToEnd(bounds).map((ended) => {
        const ids = sessions().select('id').where(ended).limit(limit);
        return knex.select('id').from(ids.as('ended'));
      });
      const ended = knex.select('id').from((first as Knex.QueryBuilder).union(others).as('ended'));
      return sessions().whereIn('id', ended.limit(limit)).delete();
    },
  };
}
