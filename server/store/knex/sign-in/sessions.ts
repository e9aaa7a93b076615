import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { SessionRecord } from '../../records.ts';
import type { SessionStore } from '../../store.ts';
import { toUser, type UserRow } from '../accounts/user-rows.ts';

interface SessionRow {
  id: string;
  user_id: string;
  hash: string;
  created_at: number | string;
  last_seen_at: number | string;
  expires_at: number | string;
  ip: string | null;
  user_agent: string | null;
  sso: boolean | number;
  sso_sid: string | null;
}

const sessionColumns = {
  session_id: 's.id',
  user_id: 's.user_id',
  hash: 's.hash',
  session_created_at: 's.created_at',
  last_seen_at: 's.last_seen_at',
  expires_at: 's.expires_at',
  ip: 's.ip',
  user_agent: 's.user_agent',
  session_sso: 's.sso',
  sso_sid: 's.sso_sid',
};

type SessionWithUserRow = UserRow &
  SessionRow & { session_id: string; session_created_at: number | string; session_sso: boolean };

export function createSessionStore(knex: Knex, engine: Engine): SessionStore {
  const sessions = () => knex<SessionRow>('sessions');

  return {
    async insert(session) {
      await sessions().insert({
        id: session.id,
        user_id: session.userId,
        hash: session.hash,
        created_at: session.createdAt,
        last_seen_at: session.lastSeenAt,
        expires_at: session.expiresAt,
        ip: session.ip,
        user_agent: session.userAgent,
        sso: session.sso,
        sso_sid: session.ssoSid,
      });
    },
    async findByHash(hash) {
      const row: SessionWithUserRow | undefined = await knex('sessions as s')
        .join('users as u', 'u.id', 's.user_id')
        .where('s.hash', hash)
        .first('u.*', sessionColumns);
      if (!row) return null;
      const session = toSession({
        ...row,
        id: row.session_id,
        created_at: row.session_created_at,
        sso: row.session_sso,
      });
      return { session, user: toUser(row) };
    },
    lock: async (id) => (await sessions().where({ id }).forUpdate().first('id')) !== undefined,
    async listOf(userId, { now, idleBefore, limit }) {
      const rows = await sessions()
        .where({ user_id: userId })
        .where('last_seen_at', '>=', idleBefore)
        .where('expires_at', '>', now)
        .orderBy([
          { column: 'last_seen_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      return rows.map(toSession);
    },
    async touch(id, at) {
      await sessions().where({ id }).where('last_seen_at', '<', at).update({ last_seen_at: at });
    },
    delete: async (id, userId) => (await sessions().where({ id, user_id: userId }).delete()) > 0,
    async deleteAllOf(userId, exceptId = '') {
      const sql = 'DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id';
      return engine.rows(await knex.raw(sql, [userId, exceptId])).map(({ id }) => String(id));
    },
    async deleteAllOfSid(issuer, sid) {
      const sql = `DELETE FROM sessions WHERE sso_sid = ? AND user_id IN (SELECT id FROM users WHERE oidc_issuer = ?)
        RETURNING id, user_id`;
      const rows = engine.rows(await knex.raw(sql, [sid, issuer]));
      return rows.map((row) => ({ id: String(row.id), userId: String(row.user_id) }));
    },
    purge(now, idleBefore, limit) {
      const ended = sessions()
        .select('id')
        .where('last_seen_at', '<', idleBefore)
        .orWhere('expires_at', '<=', now)
        .limit(limit);
      return sessions().whereIn('id', ended).delete();
    },
  };
}

function toSession(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    hash: row.hash,
    createdAt: Number(row.created_at),
    lastSeenAt: Number(row.last_seen_at),
    expiresAt: Number(row.expires_at),
    ip: row.ip,
    userAgent: row.user_agent,
    sso: Boolean(row.sso),
    ssoSid: row.sso_sid,
  };
}
