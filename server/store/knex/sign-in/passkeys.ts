import type { Knex } from 'knex';
import type { Engine, Row } from '../../engine/engine.ts';
import type { PasskeyStore } from '../../interfaces/sign-in.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { passkeyColumns } from '../../tables/sign-in.ts';

export function createPasskeyStore(knex: Knex, engine: Engine): PasskeyStore {
  const passkeys = () => knex<RowOf<typeof passkeyColumns>>('passkeys');

  const countAgain = (userId: string) =>
    knex('users')
      .where({ id: userId })
      .update({ passkeys: knex('passkeys').where({ user_id: userId }).count('*') });

  const afterDeletion = async (userId: string, deleted: Row[]) => {
    await countAgain(userId);
    await knex('recovery_codes')
      .where({ user_id: userId })
      .whereNotExists(
        knex('users')
          .where({ id: userId })
          .where((user) => user.where('passkeys', '>', 0).orWhereNotNull('totp_enabled_at')),
      )
      .delete();
    return deleted.map((row) => toRecord(passkeyColumns, row));
  };

  return {
    async listOf(userId) {
      const rows = await passkeys().where({ user_id: userId }).orderBy(['user_id', 'id']);
      return rows.map((row) => toRecord(passkeyColumns, row));
    },
    async findByCredentialId(credentialId) {
      const row = await passkeys().where({ credential_id: credentialId }).first();
      return row ? toRecord(passkeyColumns, row) : null;
    },
    async insert(passkey) {
      const inserted = await passkeys().insert(toRow(passkeyColumns, passkey)).onConflict().ignore().returning('id');
      await countAgain(passkey.userId);
      return inserted.length > 0;
    },
    async recordUse(id, { counter, backedUp, at }) {
      const used = await passkeys()
        .where({ id })
        .where('counter', counter === 0 ? '=' : '<', counter)
        .update({ counter, backed_up: backedUp, last_used_at: at });
      return used > 0;
    },
    async rename(id, userId, name) {
      const own = { id, user_id: userId };
      const former = await passkeys().where(own).first();
      const renamed = await passkeys().where(own).update({ name });
      return former !== undefined && renamed > 0 ? toRecord(passkeyColumns, former) : null;
    },
    async delete(id, userId) {
      const sql = 'DELETE FROM passkeys WHERE id = ? AND user_id = ? RETURNING *';
      const [deleted] = await afterDeletion(userId, engine.rows(await knex.raw(sql, [id, userId])));
      return deleted ?? null;
    },
    async deleteAllOf(userId) {
      const sql = 'DELETE FROM passkeys WHERE user_id = ? RETURNING *';
      return afterDeletion(userId, engine.rows(await knex.raw(sql, [userId])));
    },
  };
}
