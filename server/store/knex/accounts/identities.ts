import type { Knex } from 'knex';
import type { IdentityStore } from '../../interfaces/accounts.ts';
import { identityColumns } from '../../tables/accounts.ts';
import { toRecord, toRow } from '../../tables/column.ts';
import { updateUnique } from './update-unique.ts';
import { toUser, type UserRow } from './user-rows.ts';

/** Members and their identities at the identity provider. */
export function createIdentityQueries(knex: Knex): IdentityStore {
  const users = () => knex<UserRow>('users');

  return {
    async findByIdentity(identity) {
      const row = await users().where(toRow(identityColumns, identity)).first();
      return row ? toUser(row) : null;
    },
    async identityOf(id) {
      const row = await users().where({ id }).whereNotNull('oidc_issuer').first('oidc_issuer', 'oidc_subject');
      return row ? toRecord(identityColumns, row) : null;
    },
    async bindIdentity(id, identity) {
      const pair = toRow(identityColumns, identity);
      const bound = await updateUnique(knex, (trx) =>
        trx<UserRow>('users')
          .where({ id, kind: 'member', disabled: false })
          .where((row) => row.whereNull('password_hash').orWhere('sso', true))
          .whereNull('oidc_issuer')
          .whereNotExists(trx('users as other').where(pair))
          .update({ ...pair, sso: true }),
      );
      return bound !== 'taken' && bound > 0;
    },
    async setIdentity(id, identity) {
      const pair = toRow(identityColumns, identity);
      const set = await updateUnique(knex, (trx) =>
        trx<UserRow>('users')
          .where({ id, kind: 'member', disabled: false })
          .whereNotExists(trx('users as other').where(pair).whereNot('other.id', id))
          .update({ ...pair, sso: true }),
      );
      return set !== 'taken' && set > 0;
    },
    async clearIdentity(id, { issuer, keepsSso }) {
      // Nobody confirms the groups of an identity that is gone.
      const none = { oidc_issuer: null, oidc_subject: null, sso_groups: null, ...(keepsSso ? {} : { sso: false }) };
      const bound = users().where({ id }).whereNotNull('oidc_issuer');
      if (issuer !== undefined) bound.where({ oidc_issuer: issuer });
      return (await bound.update(none)) > 0;
    },
    async issuers() {
      const rows: Array<{ oidc_issuer: string; members: number | string }> = await knex('users')
        .whereNotNull('oidc_issuer')
        .groupBy('oidc_issuer')
        .orderBy('oidc_issuer')
        .select('oidc_issuer')
        .count({ members: '*' });
      return rows.map(({ oidc_issuer: issuer, members }) => ({ issuer, members: Number(members) }));
    },
    async membersOfIssuer(issuer, { limit, after }) {
      const query = users().where({ oidc_issuer: issuer }).orderBy('id').limit(limit);
      if (after !== null) query.where('id', '>', after);
      return (await query).map(toUser);
    },
    async membersInBoth(from, to, limit) {
      const rows = await users()
        .where({ oidc_issuer: from })
        .whereIn('oidc_subject', knex<UserRow>('users').where({ oidc_issuer: to }).select('oidc_subject'))
        .orderBy('id')
        .limit(limit);
      return rows.map(toUser);
    },
    async moveIssuer(from, to) {
      const inBoth = (trx: Knex) =>
        trx('users as one')
          .join('users as other', 'other.oidc_subject', 'one.oidc_subject')
          .where({ 'one.oidc_issuer': from, 'other.oidc_issuer': to });
      const moved = await updateUnique(knex, (trx) =>
        trx<UserRow>('users').where({ oidc_issuer: from }).whereNotExists(inBoth(trx)).update({ oidc_issuer: to }),
      );
      return moved === 'taken' ? 0 : moved;
    },
  };
}
