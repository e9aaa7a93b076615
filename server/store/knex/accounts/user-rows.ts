import { foldName } from '../../../../shared/names.ts';
import type { Identity, UserRecord, UserSummary } from '../../records.ts';

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
  oidc_issuer: string | null;
  oidc_subject: string | null;
  sso_signed_in_at: number | string | null;
  totp_secret: string | null;
  totp_enabled_at: number | string | null;
  totp_last_step: number | string | null;
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
    ssoSignedInAt: numberOrNull(row.sso_signed_in_at),
    totpEnabledAt: numberOrNull(row.totp_enabled_at),
    createdAt: Number(row.created_at),
  };
}

/** The columns that a new member's row begins with. */
export function toUserRow(user: UserRecord, identity?: Identity): Partial<UserRow> {
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
    sso_signed_in_at: user.ssoSignedInAt,
    totp_enabled_at: user.totpEnabledAt,
    ...(identity && { oidc_issuer: identity.issuer, oidc_subject: identity.subject }),
    created_at: user.createdAt,
  };
}

export function toSummary(row: SummaryRow): UserSummary {
  const { passwordHash: _, emailFolded: __, ...user } = toUser(row);
  return {
    ...user,
    tokenCount: Number(row.token_count),
    lastUsedAt: numberOrNull(row.last_used_at),
  };
}

/** PostgreSQL answers a bigint as a string. */
export function numberOrNull(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}
