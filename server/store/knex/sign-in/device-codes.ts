import type { Knex } from 'knex';
import type { DeviceCodeRecord } from '../../records.ts';
import type { DeviceCodeStore } from '../../store.ts';
import { numberOrNull } from '../accounts/user-rows.ts';

interface DeviceCodeRow {
  hash: string;
  user_code: string;
  client_id: string;
  ip: string | null;
  user_agent: string | null;
  created_at: number | string;
  expires_at: number | string;
  interval_ms: number | string;
  last_polled_at: number | string | null;
  status: DeviceCodeRecord['status'];
  opened_by: string | null;
  user_id: string | null;
  sso: boolean | number;
  sso_sid: string | null;
}

export function createDeviceCodeStore(knex: Knex): DeviceCodeStore {
  const codes = () => knex<DeviceCodeRow>('device_codes');
  const undecided = (hash: string, now: number) =>
    codes().where({ hash, status: 'pending' }).where('expires_at', '>', now);

  return {
    async insert(device) {
      return (await codes().insert(toRow(device)).onConflict('user_code').ignore().returning('hash')).length > 0;
    },
    async findByUserCode(userCode) {
      const row = await codes().where({ user_code: userCode }).first();
      return row ? toDeviceCode(row) : null;
    },
    async findByHash(hash) {
      const row = await codes().where({ hash }).first();
      return row ? toDeviceCode(row) : null;
    },
    async lock(hash) {
      const row = await codes().where({ hash }).forUpdate().first();
      return row ? toDeviceCode(row) : null;
    },
    async bindToSession(hash, sessionId, now) {
      const opened = await undecided(hash, now)
        .where((row) => row.whereNull('opened_by').orWhere('opened_by', sessionId))
        .update({ opened_by: sessionId });
      return opened > 0;
    },
    async decide(hash, sessionId, { status, userId, sso, ssoSid }, now) {
      const decided = await undecided(hash, now)
        .where({ opened_by: sessionId })
        .update({ status, user_id: userId, sso, sso_sid: ssoSid });
      return decided > 0;
    },
    async recordPoll(hash, at, intervalMs) {
      await codes().where({ hash }).update({ last_polled_at: at, interval_ms: intervalMs });
    },
    delete: async (hash) => (await codes().where({ hash }).delete()) > 0,
    async deleteAllOf(userId) {
      await codes().where({ user_id: userId }).delete();
    },
    async deleteApprovedIn(sessionId) {
      await codes().where({ opened_by: sessionId, status: 'approved' }).delete();
    },
    purge(before, limit) {
      const ended = codes().select('hash').where('expires_at', '<', before).orderBy('expires_at').limit(limit);
      return codes().whereIn('hash', ended).delete();
    },
  };
}

function toRow(device: DeviceCodeRecord): DeviceCodeRow {
  return {
    hash: device.hash,
    user_code: device.userCode,
    client_id: device.clientId,
    ip: device.ip,
    user_agent: device.userAgent,
    created_at: device.createdAt,
    expires_at: device.expiresAt,
    interval_ms: device.intervalMs,
    last_polled_at: device.lastPolledAt,
    status: device.status,
    opened_by: device.openedBy,
    user_id: device.userId,
    sso: device.sso,
    sso_sid: device.ssoSid,
  };
}

function toDeviceCode(row: DeviceCodeRow): DeviceCodeRecord {
  return {
    hash: row.hash,
    userCode: row.user_code,
    clientId: row.client_id,
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    intervalMs: Number(row.interval_ms),
    lastPolledAt: numberOrNull(row.last_polled_at),
    status: row.status,
    openedBy: row.opened_by,
    userId: row.user_id,
    sso: Boolean(row.sso),
    ssoSid: row.sso_sid,
  };
}
