import type { Knex } from 'knex';
import type { UserRecord, UserStore, UserSummary } from '../store.ts';

/** A row of `users`. SQLite answers booleans as 1 and 0, PostgreSQL bigints as strings. */
export interface UserRow {
  id: string;
  email: string;
  email_folded: string;
  name: string;
  superuser: boolean | number;
  disabled: boolean | number;
  can_manage_tokens: boolean | number;
  password_hash: string | null;
  sso: boolean | number;
  created_at: number | string;
}

type SummaryRow = UserRow & { token_count: number | string; last_used_at: number | string | null };

export function createUserStore(knex: Knex): UserStore {
  const users = () => knex<UserRow>('users');
  const summaries = () =>
    users()
      .select('users.*')
      .select({
        token_count: knex('tokens').count('*').where('owner_id', knex.ref('users.id')),
        last_used_at: knex('tokens').max('last_used_at').where('owner_id', knex.ref('users.id')),
      }) as Knex.QueryBuilder<UserRow, SummaryRow[]>;

  /** True if another enabled superuser is left when this one no longer counts. */
  const anotherSuperuser = (id: string) =>
    knex('users as other').where({ 'other.superuser': true, 'other.disabled': false }).whereNot('other.id', id);

  /** Takes `id` out of the enabled superusers, unless it is the last of them. */
  const demote = async (id: string, current: Partial<UserRow>, change: Partial<UserRow>) => {
    const changed = await users()
      .where({ id, ...current })
      .where((row) => row.where('superuser', false).orWhere('disabled', true).orWhereExists(anotherSuperuser(id)))
      .update(change);
    if (changed > 0) return true;
    return (await users()
      .where({ id, ...current })
      .first('id'))
      ? 'last-superuser'
      : false;
  };

  const set = async (id: string, change: Partial<UserRow>) => {
    const [[column, value] = []] = Object.entries(change);
    if (column === undefined) return false;
    return (await users().where({ id }).whereNot(column, value).update(change)) > 0;
  };

  return {
    async insert(user) {
      const inserted = await users().insert(toRow(user)).onConflict('email_folded').ignore().returning('id');
      return inserted.length > 0;
    },
    async findById(id) {
      const row = await users().where({ id }).first();
      return row ? toUser(row) : null;
    },
    async findByEmail(emailFolded) {
      const row = await users().where({ email_folded: emailFolded }).first();
      return row ? toUser(row) : null;
    },
    async summary(id) {
      const row = await summaries().where({ id }).first();
      return row ? toSummary(row) : null;
    },
    async list({ limit, before, emailFolded }) {
      const query = summaries().orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (emailFolded !== undefined) query.where('email_folded', emailFolded);
      return (await query).map(toSummary);
    },
    isEmpty: async () => (await users().first('id')) === undefined,
    setName: (id, name) => set(id, { name }),
    setCanManageTokens: (id, value) => set(id, { can_manage_tokens: value }),
    setDisabled: (id, value) =>
      value ? demote(id, { disabled: false }, { disabled: true }) : set(id, { disabled: false }),
    setSuperuser: (id, value) =>
      value ? set(id, { superuser: true }) : demote(id, { superuser: true }, { superuser: false }),
    setPasswordHash: async (id, hash) => (await users().where({ id }).update({ password_hash: hash })) > 0,
    async lockForNewToken(id) {
      const owner = { id, disabled: false, can_manage_tokens: true };
      return (await users().where(owner).forUpdate().first('id')) !== undefined;
    },
  };
}

export function toUser(row: UserRow): UserRecord {
  return {
    id: row.id,
    email: row.email,
    emailFolded: row.email_folded,
    name: row.name,
    superuser: Boolean(row.superuser),
    disabled: Boolean(row.disabled),
    canManageTokens: Boolean(row.can_manage_tokens),
    passwordHash: row.password_hash,
    sso: Boolean(row.sso),
    createdAt: Number(row.created_at),
  };
}

function toRow(user: UserRecord): UserRow {
  return {
    id: user.id,
    email: user.email,
    email_folded: user.emailFolded,
    name: user.name,
    superuser: user.superuser,
    disabled: user.disabled,
    can_manage_tokens: user.canManageTokens,
    password_hash: user.passwordHash,
    sso: user.sso,
    created_at: user.createdAt,
  };
}

function toSummary(row: SummaryRow): UserSummary {
  const { passwordHash: _, emailFolded: __, ...user } = toUser(row);
  return {
    ...user,
    tokenCount: Number(row.token_count),
    lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
  };
}
