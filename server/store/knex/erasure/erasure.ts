import type { Knex } from 'knex';
import { hashAddresses } from '../../../address-hashes.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ErasureStore } from '../../interfaces/erasure.ts';
import type { RowOf } from '../../tables/column.ts';
import type { erasureColumns } from '../../tables/erasures.ts';
import { addressesOf, withoutTaken } from '../accounts/erase-user.ts';
import type { UserRow } from '../accounts/user-rows.ts';
import { replaceAddresses } from './replace-addresses.ts';

type ErasureRow = RowOf<typeof erasureColumns>;

export function createErasureStore(knex: Knex, engine: Engine): ErasureStore {
  return { ...createSearch(knex, engine), ...createErasures(knex) };
}

type Search = Pick<ErasureStore, 'find' | 'replaceAddresses' | 'deleteLastMail' | 'overwriteDeleted'>;

function createSearch(knex: Knex, engine: Engine): Search {
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
    replaceAddresses: (person, afterBatch) => replaceAddresses(knex, engine, person, afterBatch),
    async deleteLastMail(id) {
      await lastMails(id).delete();
    },
    overwriteDeleted: () => engine.overwriteDeleted(),
  };
}

/** The bookkeeping of erasures that go on, and of those that nodes have to repeat in their files. */
function createErasures(knex: Knex): Omit<ErasureStore, keyof Search> {
  const erasures = () => knex<ErasureRow>('erasures');
  const goingOn = (id: string) => erasures().where({ user_id: id, finished_at: null });
  return {
    async begin({ id, addresses }, at) {
      const { salt, hashes } = hashAddresses(addresses);
      const lists = { addresses: JSON.stringify(addresses), hashes: JSON.stringify(hashes) };
      const insert = erasures()
        .insert({ user_id: id, ...lists, salt, begun_at: at, finished_at: null, leased_until: 0 })
        .onConflict('user_id');
      // An erasure that is repeated knows no addresses any more. Those of the first one still count.
      await (addresses.length > 0 ? insert.merge() : insert.merge(['finished_at']));
    },
    async isFinished(id) {
      const row = await erasures().where({ user_id: id }).first('finished_at');
      return row === undefined ? null : row.finished_at !== null;
    },
    unfinished: (now) =>
      erasures().whereRaw('finished_at IS NULL').where('leased_until', '<', now).orderBy('user_id').pluck('user_id'),
    async claim(id, { now, until }) {
      const [row] = await goingOn(id)
        .where('leased_until', '<', now)
        .update({ leased_until: until })
        .returning(['addresses', 'salt', 'hashes']);
      if (row === undefined) return null;
      const addresses = JSON.parse(row.addresses ?? '[]') as string[];
      const hashes = JSON.parse(row.hashes) as string[];
      return { id, addresses: await withoutTaken(knex, id, addresses), salt: row.salt, hashes };
    },
    async extend(id, until) {
      await goingOn(id).update({ leased_until: until });
    },
    async forgetAddresses(id) {
      await erasures().where({ user_id: id }).update({ addresses: null });
    },
    async finish(id, at) {
      await goingOn(id).update({ finished_at: at, leased_until: 0 });
    },
    async recent(since) {
      const rows = await erasures().where('begun_at', '>=', since).select('user_id', 'salt', 'hashes', 'begun_at');
      return rows.map(({ user_id: id, salt, hashes, begun_at: at }) => ({
        ...{ id, salt, begunAt: Number(at) },
        hashes: JSON.parse(hashes) as string[],
      }));
    },
    purge(before, limit) {
      const old = erasures()
        .select('user_id')
        .where('begun_at', '<', before)
        .whereNotNull('finished_at')
        .orderBy('begun_at')
        .limit(limit);
      return erasures().whereIn('user_id', old).delete();
    },
  };
}
