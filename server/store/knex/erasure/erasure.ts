import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { ErasureStore } from '../../interfaces/erasure.ts';
import { addressesOf } from '../accounts/erase-user.ts';
import type { UserRow } from '../accounts/user-rows.ts';
import { replaceAddresses } from './replace-addresses.ts';

export function createErasureStore(knex: Knex, engine: Engine): ErasureStore {
  const lastMails = (id: string) => knex('outbox').where('link_user_id', id).whereNull('link_kind');
  return {
    async find(id) {
      const user = await knex<UserRow>('users')
        .where({ id, kind: 'member' })
        .first('email', 'email_folded', 'deleted_at');
      if (user === undefined) return null;
      if (user.deleted_at === null) return { id, addresses: await addressesOf(knex, id, user) };
      const recipients: string[] = await lastMails(id).pluck('recipient');
      return { id, addresses: recipients };
    },
    replaceAddresses: (person) => replaceAddresses(knex, engine, person),
    async deleteLastMail(id) {
      await lastMails(id).delete();
    },
    overwriteDeleted: () => engine.overwriteDeleted(),
  };
}
