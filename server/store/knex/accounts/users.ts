import type { Knex } from 'knex';
import { foldName } from '../../../../shared/names.ts';
import type { Engine } from '../../engine/engine.ts';
import type { UserStore } from '../../interfaces/accounts.ts';
import { eraseUser } from './erase-user.ts';
import { createIdentityQueries } from './identities.ts';
import { isEnabledSuperuser, lockSuperusers, updateUnlessLast } from './superusers.ts';
import { updateUnique } from './update-unique.ts';
import { toSummary, toUser, toUserRow, type UserRow, withTokenSummary } from './user-rows.ts';

/** A row that is a member. Service accounts are rows of the same table. */
const member = { kind: 'member', deleted_at: null } as const;

export function createUserStore(knex: Knex, engine: Engine): UserStore {
  const users = () => knex<UserRow>('users');
  const members = () => users().where(member);
  const summaries = () => withTokenSummary(knex, members());
  // For a short page, SQLite would read all members by an index of the search, count the tokens of each, and sort them.
  const inOrder = () =>
    engine.locksRows ? members() : users().whereRaw("kind || '' = 'member'").whereNull('deleted_at');

  // The weaker lock of rows that others only refer to. A revocation holds the token and refers to its owner; a rotation locks both in the other order.
  const lockIf = async (user: Partial<UserRow>) =>
    (await users().where(user).forNoKeyUpdate().first('id')) !== undefined;

  return {
    async insert(user, identity) {
      const inserted = await users().insert(toUserRow(user, identity)).onConflict().ignore().returning('id');
      return inserted.length > 0;
    },
    async findById(id) {
      const row = await members().where({ id }).first();
      return row ? toUser(row) : null;
    },
    async findByEmail(emailFolded) {
      const row = await members().where({ email_folded: emailFolded }).first();
      return row ? toUser(row) : null;
    },
    async summary(id) {
      const row = await summaries().where({ id }).first();
      return row ? toSummary(row) : null;
    },
    async list({ limit, before, emailFolded, contains }) {
      const query = withTokenSummary(knex, inOrder()).orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (emailFolded !== undefined) query.where('email_folded', emailFolded);
      if (contains !== undefined) {
        const either = ['name_folded', 'email_folded'].map(engine.contains).join(' OR ');
        query.whereRaw(`(${either})`, [contains, contains]);
      }
      return (await query).map(toSummary);
    },
    async superuserEmails(limit) {
      const rows = await users().where(isEnabledSuperuser).orderBy('id').limit(limit).select('email');
      return rows.map(({ email }) => email);
    },
    async superusers() {
      return (await users().where(isEnabledSuperuser).orderBy('id')).map(toUser);
    },
    isEmpty: async () => (await users().first('id')) === undefined,
    async setName(id, name) {
      const changed = await members()
        .where({ id })
        .whereNot({ name })
        .update({ name, name_folded: foldName(name) });
      return changed > 0;
    },
    setCanManageTokens: (id, value) => set(knex, id, 'can_manage_tokens', value),
    setSsoGroups: (id, groups) => setText(knex, id, 'sso_groups', groups),
    setManualGroups: (id, groups) => setText(knex, id, 'manual_groups', groups),
    setDisabled: (id, value) => (value ? demote(knex, id, { disabled: true }) : set(knex, id, 'disabled', false)),
    setSuperuser: (id, value) => (value ? set(knex, id, 'superuser', true) : demote(knex, id, { superuser: false })),
    setAuditor: (id, value) => set(knex, id, 'auditor', value),
    async setDates(id, { invitedAt, joinedAt, disabledAt }) {
      const dates = {
        ...(invitedAt !== undefined && { invited_at: invitedAt }),
        ...(joinedAt !== undefined && { joined_at: joinedAt }),
        ...(disabledAt !== undefined && { disabled_at: disabledAt }),
      };
      return (await members().where({ id }).update(dates)) > 0;
    },
    setPasswordHash: async (id, hash) => (await members().where({ id }).update({ password_hash: hash })) > 0,
    async setPasswordUntilSso(id, hash) {
      return (await members().where({ id }).update({ password_hash: hash, password_until_sso: true })) > 0;
    },
    async removePasswordUntilSso(id) {
      const change = { password_hash: null, password_until_sso: false };
      return (await users().where({ id, password_until_sso: true }).update(change)) > 0;
    },
    setEmail: (id, email) => setEmail(knex, id, email),
    delete: (id, at) => eraseUser(knex, id, at),
    ...createIdentityQueries(knex),
    async recordSsoSignIn(id, at) {
      await members()
        .where({ id })
        .where((row) => row.whereNull('sso_signed_in_at').orWhere('sso_signed_in_at', '<', at))
        .update({ sso_signed_in_at: at });
    },
    async lockSuperusers(id, others = []) {
      const locked = await lockSuperusers(knex, [id, ...others]);
      return locked.some((row) => row.id === id && Boolean(row.superuser) && !row.disabled);
    },
    lockForNewSession: (id, { passwordHash, totpEnabledAt, passkeyCount, sso } = {}) =>
      lockIf({
        ...{ id, kind: 'member', disabled: false },
        ...(passwordHash !== undefined && { password_hash: passwordHash }),
        ...(totpEnabledAt !== undefined && { totp_enabled_at: totpEnabledAt }),
        ...(passkeyCount !== undefined && { passkeys: passkeyCount }),
        ...(sso !== undefined && { sso }),
      }),
  };
}

/** Sets one flag. Returns false if the row has that value already. */
async function set(knex: Knex, id: string, column: keyof UserRow, value: boolean): Promise<boolean> {
  const changed = await knex('users')
    .where({ id, ...member })
    .whereNot(column, value)
    .update({ [column]: value });
  return changed > 0;
}

/** Sets a text that may be null. Returns false if the row has that value already. */
async function setText(
  knex: Knex,
  id: string,
  column: 'sso_groups' | 'manual_groups',
  value: string | null,
): Promise<boolean> {
  const row = knex('users').where({ id, ...member });
  if (value === null) row.whereNotNull(column);
  else row.where((stored) => stored.whereNull(column).orWhereNot(column, value));
  return (await row.update({ [column]: value })) > 0;
}

/** Disables or demotes a member, unless no enabled superuser would remain. */
function demote(knex: Knex, id: string, change: { disabled: true } | { superuser: false }) {
  const [[column, value]] = Object.entries(change) as [[string, boolean]];
  return updateUnlessLast(knex, id, knex('users').where({ id, kind: 'member', [column]: !value }), change);
}

async function setEmail(knex: Knex, id: string, email: string): Promise<boolean | 'email-taken'> {
  const folded = foldName(email);
  const changed = await updateUnique(knex, (trx) =>
    trx<UserRow>('users')
      .where({ id, ...member })
      .whereNot({ email })
      .whereNotExists(trx('users as other').where({ 'other.email_folded': folded }).whereNot('other.id', id))
      .update({ email, email_folded: folded }),
  );
  if (changed === 'taken') return 'email-taken';
  if (changed > 0) return true;
  return (await knex('users')
    .where({ id, ...member })
    .whereNot({ email })
    .first('id'))
    ? 'email-taken'
    : false;
}
