import type { Knex } from 'knex';
import { serviceAccountIdentity } from '../../../../shared/names.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ServiceAccountStore } from '../../interfaces/service-accounts.ts';
import type { UserRecord } from '../../records.ts';
import { toRow } from '../../tables/column.ts';
import { maintainerColumns } from '../../tables/machines.ts';
import { eraseServiceAccount } from './erase-service-account.ts';
import {
  isServiceAccount,
  type ServiceAccountRow,
  serviceAccountSummaries,
  toSummaries,
} from './service-account-rows.ts';
import { toUser, toUserRow, type UserRow } from './user-rows.ts';

/** Key of the advisory lock for the first service account, the same in every release. */
const firstAccountLock = 7_238_116_402;

export function createServiceAccountStore(knex: Knex, engine: Engine): ServiceAccountStore {
  const accounts = () => knex<UserRow>('users').where(isServiceAccount);
  const find = async (where: Partial<UserRow>) => {
    const row = await accounts().where(where).first();
    return row ? toUser(row) : null;
  };
  const summaries = (query: Knex.QueryBuilder<UserRow, ServiceAccountRow[]>) => toSummaries(knex, engine, query);

  async function insert(account: UserRecord): Promise<boolean> {
    const inserted = await knex<UserRow>('users').insert(toUserRow(account)).onConflict().ignore().returning('id');
    return inserted.length > 0;
  }

  return {
    insert,
    async insertFirst(account) {
      // There is no row yet that two transactions could queue for.
      if (engine.locksRows) await knex.raw('SELECT pg_advisory_xact_lock(?)', [firstAccountLock]);
      return (await accounts().first('id')) === undefined && insert(account);
    },
    findById: (id) => find({ id }),
    findByName: (name) => find({ email_folded: serviceAccountIdentity(name) }),
    summary: async (id) => (await summaries(serviceAccountSummaries(knex).where({ id })))[0] ?? null,
    list({ limit, before, name, maintainerId, orphaned }) {
      const query = serviceAccountSummaries(knex).orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (name !== undefined) query.where('email_folded', serviceAccountIdentity(name));
      if (maintainerId !== undefined) {
        query.whereIn('id', knex('maintainers').where({ user_id: maintainerId }).select('service_account_id'));
      }
      if (orphaned) query.whereNotExists(enabledMaintainers(knex));
      return summaries(query);
    },
    async countOrphaned() {
      const [row] = await accounts().whereNotExists(enabledMaintainers(knex)).count({ orphaned: '*' });
      return Number(row?.orphaned);
    },
    async enabledNames(limit) {
      const names: string[] = await accounts()
        .where({ disabled: false })
        .orderBy('id', 'desc')
        .limit(limit)
        .pluck('name');
      return names.sort();
    },
    async lock(id) {
      // A statement that waits for a lock does not see what was changed meanwhile in other tables, so read again.
      if (engine.locksRows) await accounts().where({ id }).forNoKeyUpdate().first('id');
      return find({ id });
    },
    setDescription: (id, description) => setText(knex, id, 'description', description),
    setGroups: (id, groups) => setText(knex, id, 'manual_groups', groups),
    async setDisabled(id, value) {
      return (await accounts().where({ id }).whereNot({ disabled: value }).update({ disabled: value })) > 0;
    },
    delete: (id, at) => eraseServiceAccount(knex, id, at),
    async maintainers(id) {
      const ids = knex('maintainers').where({ service_account_id: id }).select('user_id');
      return (await knex<UserRow>('users').whereIn('id', ids).orderBy('email_folded')).map(toUser);
    },
    async addMaintainer(serviceAccountId, userId) {
      const row = toRow(maintainerColumns, { serviceAccountId, userId });
      return (await knex('maintainers').insert(row).onConflict().ignore().returning('user_id')).length > 0;
    },
    async removeMaintainer(serviceAccountId, userId) {
      return (await knex('maintainers').where(toRow(maintainerColumns, { serviceAccountId, userId })).delete()) > 0;
    },
    async isMaintainer(id, userId) {
      const pair = { 'm.service_account_id': id, 'm.user_id': userId, 'u.disabled': false };
      return (
        (await knex('maintainers as m').join('users as u', 'u.id', 'm.user_id').where(pair).first('u.id')) !== undefined
      );
    },
    maintainedBy: (userId) =>
      knex('maintainers as m')
        .join('users as u', 'u.id', 'm.user_id')
        .where({ 'm.user_id': userId, 'u.disabled': false })
        .orderBy('m.service_account_id')
        .pluck('m.service_account_id'),
    async onlyMaintainedBy(userId) {
      const own = knex('maintainers').where({ user_id: userId }).select('service_account_id');
      const others = enabledMaintainers(knex).whereNot('m.user_id', userId);
      const enabled = knex('users as member')
        .where({ 'member.id': userId, 'member.disabled': false })
        .select('member.id');
      const query = accounts().whereIn('id', own).whereNotExists(others).whereExists(enabled);
      return (await query.orderBy('name').select('users.*')).map(toUser);
    },
    async maintainsKeys(userId, now) {
      const keys = knex('maintainers as m').join('tokens as t', 't.owner_id', 'm.service_account_id');
      // Each management key has an expiry.
      const key = keys.where('m.user_id', userId).whereNotNull('t.manage').where('t.expires_at', '>', now);
      return (await key.first('t.id')) !== undefined;
    },
  };
}

/** The enabled maintainers of the service account in the row of `users`. */
function enabledMaintainers(knex: Knex): Knex.QueryBuilder {
  return knex('maintainers as m')
    .join('users as maintainer', 'maintainer.id', 'm.user_id')
    .where('m.service_account_id', knex.ref('users.id'))
    .where('maintainer.disabled', false)
    .select('m.user_id');
}

async function setText(
  knex: Knex,
  id: string,
  column: 'description' | 'manual_groups',
  value: string | null,
): Promise<boolean> {
  const row = knex<UserRow>('users').where(isServiceAccount).where({ id });
  if (value === null) row.whereNotNull(column);
  else row.where((stored) => stored.whereNull(column).orWhereNot(column, value));
  return (await row.update({ [column]: value })) > 0;
}
