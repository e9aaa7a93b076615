import type { Knex } from 'knex';
import type { TotpStore } from '../../interfaces/sign-in.ts';
import { toRecord } from '../../tables/column.ts';
import { totpColumns } from '../../tables/sign-in.ts';
import type { UserRow } from '../accounts/user-rows.ts';

export function createTotpStore(knex: Knex): TotpStore {
  const users = () => knex<UserRow>('users');
  const recoveryCodes = (userId: string) => knex('recovery_codes').where({ user_id: userId });

  return {
    async find(userId) {
      const row = await users().where({ id: userId }).first();
      return row && row.totp_secret !== null ? toRecord(totpColumns, row) : null;
    },
    async enable(userId, secret, step, at) {
      const enabled = await users()
        .where({ id: userId })
        .whereNull('totp_enabled_at')
        .update({ totp_secret: secret, totp_enabled_at: at, totp_last_step: step });
      return enabled > 0;
    },
    async consumeTimeStep(userId, step) {
      const consumed = await users()
        .where({ id: userId })
        .whereNotNull('totp_enabled_at')
        .where((row) => row.whereNull('totp_last_step').orWhere('totp_last_step', '<', step))
        .update({ totp_last_step: step });
      return consumed > 0;
    },
    async remove(userId) {
      const removed = await users()
        .where({ id: userId })
        .whereNotNull('totp_enabled_at')
        .update({ totp_secret: null, totp_enabled_at: null, totp_last_step: null });
      // A member who still has a passkey needs the codes if they lose it.
      await recoveryCodes(userId)
        .whereNotExists(knex('passkeys').where({ user_id: userId }))
        .delete();
      return removed > 0;
    },
    async replaceRecoveryCodes(userId, hashes) {
      await recoveryCodes(userId).delete();
      if (hashes.length > 0) await knex('recovery_codes').insert(hashes.map((hash) => ({ user_id: userId, hash })));
    },
    consumeRecoveryCode: async (userId, hash) => (await recoveryCodes(userId).where({ hash }).delete()) > 0,
    async countRecoveryCodes(userId) {
      const [row] = await recoveryCodes(userId).count({ codes: '*' });
      return Number(row?.codes);
    },
  };
}
