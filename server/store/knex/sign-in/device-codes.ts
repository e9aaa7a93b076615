import type { Knex } from 'knex';
import type { DeviceCodeStore } from '../../interfaces/sign-in.ts';
import type { DeviceCodeRecord } from '../../records.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { deviceCodeColumns } from '../../tables/sign-in.ts';

type DeviceCodeRow = RowOf<typeof deviceCodeColumns>;

export function createDeviceCodeStore(knex: Knex): DeviceCodeStore {
  const codes = () => knex<DeviceCodeRow>('device_codes');
  const pending = (hash: string, now: number) =>
    codes().where({ hash, status: 'pending' }).where('expires_at', '>', now);

  return {
    async insert(device) {
      return (
        (await codes().insert(toRow(deviceCodeColumns, device)).onConflict('user_code').ignore().returning('hash'))
          .length > 0
      );
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
      const bound = await pending(hash, now)
        .where((row) => row.whereNull('opened_by').orWhere('opened_by', sessionId))
        .update({ opened_by: sessionId });
      return bound > 0;
    },
    async decide(hash, sessionId, { status, userId, sso, ssoSid }, now) {
      const decided = await pending(hash, now)
        .where({ opened_by: sessionId })
        .update({ status, user_id: userId, sso, sso_sid: ssoSid });
      return decided > 0;
    },
    delete: async (hash) => (await codes().where({ hash }).delete()) > 0,
    async deleteAllOf(userId) {
      await codes().where({ user_id: userId }).delete();
    },
    async deleteApprovedIn(sessionId) {
      await codes().where({ opened_by: sessionId, status: 'approved' }).delete();
    },
    async moveToSession(sessionId, nextId) {
      await codes().where({ opened_by: sessionId, status: 'pending' }).update({ opened_by: nextId });
    },
    purge(before, limit) {
      const expired = codes().select('hash').where('expires_at', '<', before).orderBy('expires_at').limit(limit);
      return codes().whereIn('hash', expired).delete();
    },
  };
}

function toDeviceCode(row: object): DeviceCodeRecord {
  return toRecord(deviceCodeColumns, row);
}
