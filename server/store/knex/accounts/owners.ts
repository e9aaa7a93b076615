import type { Knex } from 'knex';
import type { OwnerStore } from '../../interfaces/accounts.ts';
import { toUser, type UserRow } from './user-rows.ts';

export function createOwnerStore(knex: Knex): OwnerStore {
  const owners = () => knex<UserRow>('users').whereNull('deleted_at');

  return {
    async findById(id) {
      const row = await owners().where({ id }).first();
      return row ? toUser(row) : null;
    },
    async lockForNewToken(id) {
      // The weaker lock of rows that others only refer to. A revocation holds the token and refers to its owner; a rotation locks both in the other order.
      const row = await owners().where({ id, disabled: false, can_manage_tokens: true }).forNoKeyUpdate().first('id');
      return row !== undefined;
    },
  };
}
