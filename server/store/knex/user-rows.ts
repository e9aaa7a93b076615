import { foldName } from '../../../shared/names.ts';
import type { UserRecord, UserSummary } from '../store.ts';

/** A row of `users`. SQLite answers booleans as 1 and 0, PostgreSQL bigints as strings. */
export interface UserRow {
  id: string;
  email: string;
  email_folded: string;
  name: string;
  name_folded: string;
  superuser: boolean | number;
  disabled: boolean | number;
  can_manage_tokens: boolean | number;
  password_hash: string | null;
  sso: boolean | number;
  created_at: number | string;
}

export type SummaryRow = UserRow & { token_count: number | string; last_used_at: number | string | null };

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

export function toUserRow(user: UserRecord): UserRow {
  return {
    id: user.id,
    email: user.email,
    email_folded: user.emailFolded,
    name: user.name,
    name_folded: foldName(user.name),
    superuser: user.superuser,
    disabled: user.disabled,
    can_manage_tokens: user.canManageTokens,
    password_hash: user.passwordHash,
    sso: user.sso,
    created_at: user.createdAt,
  };
}

export function toSummary(row: SummaryRow): UserSummary {
  const { passwordHash: _, emailFolded: __, ...user } = toUser(row);
  return {
    ...user,
    tokenCount: Number(row.token_count),
    lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
  };
}
