import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TrustEdit, TrustStore } from '../../interfaces/trusts.ts';
import type { ListedTrust } from '../../records.ts';
import { type RowOf, selectList, toRecord, toRow } from '../../tables/column.ts';
import { trustColumns, trustPinColumns, usedSubjectTokenColumns } from '../../tables/machines.ts';

type TrustRow = RowOf<typeof trustColumns>;
type ListedRow = TrustRow & { service_account: string };

export function createTrustStore(knex: Knex, engine: Engine): TrustStore {
  const trusts = () => knex<TrustRow>('trusts');
  const listed = () =>
    knex
      .from('trusts AS t')
      .join('users AS u', 'u.id', 't.service_account_id')
      .select([...selectList(trustColumns, 't'), 'u.name AS service_account']);
  const findById = async (id: string) => {
    const row: ListedRow | undefined = await listed().where('t.id', id).first();
    return row ? toListed(row) : null;
  };
  const find = async (query: PromiseLike<ListedRow[]>) => (await query).map(toListed);

  return {
    async insert(trust) {
      const inserted = await trusts().insert(toRow(trustColumns, trust)).onConflict('name').ignore().returning('id');
      return inserted.length > 0;
    },
    edit: async (id, edit) => (await trusts().where({ id }).update(changesOf(edit))) > 0,
    delete: async (id) => (await trusts().where({ id }).delete()) > 0,
    findById,
    async list({ limit, before, name, maintainerId }) {
      const query = listed().orderBy('t.id', 'desc').limit(limit);
      if (before !== null) query.where('t.id', '<', before);
      if (name !== undefined) query.where('t.name', name);
      if (maintainerId !== undefined) {
        const maintained = knex('maintainers').where({ user_id: maintainerId }).select('service_account_id');
        query.whereIn('t.service_account_id', maintained);
      }
      return find(query);
    },
    ofIssuer: (issuer) => find(listed().where('t.issuer', issuer).orderBy('t.id')),
    ofServiceAccount: (id) => find(listed().where('t.service_account_id', id).orderBy('t.id')),
    // Both read the trust again after the lock: until then, a transaction that held it may have changed it.
    async lock(id) {
      if (engine.locksRows) await trusts().where({ id }).forUpdate().first('id');
      return findById(id);
    },
    async lockForUse(id) {
      if (engine.locksRows) await trusts().where({ id }).forShare().first('id');
      return findById(id);
    },
    async pin(pin) {
      const row = toRow(trustPinColumns, pin);
      await knex('trust_pins').insert(row).onConflict(['trust_id', 'kind', 'name']).ignore();
      const key = { trust_id: row.trust_id, kind: row.kind, name: row.name };
      return toRecord(trustPinColumns, await knex('trust_pins').where(key).first());
    },
    async forgetPins(id) {
      await knex('trust_pins').where({ trust_id: id }).delete();
    },
    async useSubjectToken(token) {
      const row = toRow(usedSubjectTokenColumns, token);
      return (await knex('used_subject_tokens').insert(row).onConflict('hash').ignore().returning('hash')).length > 0;
    },
    purgeSubjectTokens(before, limit) {
      const used = () => knex('used_subject_tokens');
      const old = used().select('hash').where('expires_at', '<', before).orderBy('expires_at').limit(limit);
      return used().whereIn('hash', old).delete();
    },
  };
}

function toListed(row: ListedRow): ListedTrust {
  return { ...toRecord(trustColumns, row), serviceAccount: row.service_account };
}

function changesOf(edit: TrustEdit): Partial<TrustRow> {
  const changed = Object.entries(trustColumns).filter(([field]) => Object.hasOwn(edit, field));
  return Object.fromEntries(changed.map(([field, { name }]) => [name, edit[field as keyof TrustEdit]]));
}
