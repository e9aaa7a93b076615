import type { HashMatch } from '../records.ts';
import { numberOrNull } from './user-rows.ts';

type Time = number | string;
type Flag = boolean | number;

/** What verification wants to know of a token `t` with its owner `u`. */
export const matchColumns = [
  ...['t.hash', 't.id', 't.prefix', 't.name', 't.description', 't.created_at', 't.expires_at', 't.owner_id'],
  ...['u.email', 'u.name', 'u.superuser', 'u.disabled', 'u.can_manage_tokens', 'u.sso_signed_in_at'],
  ...['t.last_used_at', 't.last_used_method', 't.last_used_path', 't.last_used_ip', 't.last_used_user_agent'],
];

type MatchRow = [
  ...[hash: string, id: string, prefix: string, name: string, description: string | null],
  ...[createdAt: Time, expiresAt: Time | null, ownerId: string],
  ...[email: string, ownerName: string, superuser: Flag, disabled: Flag, canManageTokens: Flag, ssoAt: Time | null],
  ...[usedAt: Time | null, method: string | null, path: string | null, ip: string | null, userAgent: string | null],
];

export function toHashMatch(row: unknown[]): HashMatch {
  const [hash, id, prefix, name, description, createdAt, expiresAt, ownerId, ...more] = row as MatchRow;
  const [ownerEmail, ownerName, superuser, disabled, canManageTokens, ssoAt, usedAt, method, path, ip, userAgent] =
    more;
  return {
    kind: 'token',
    hash,
    id,
    prefix,
    name,
    description,
    createdAt: Number(createdAt),
    expiresAt: numberOrNull(expiresAt),
    ownerId,
    ownerEmail,
    ownerName,
    ownerSuperuser: Boolean(superuser),
    ownerDisabled: Boolean(disabled),
    ownerCanManageTokens: Boolean(canManageTokens),
    ownerSsoSignedInAt: numberOrNull(ssoAt),
    lastUse: usedAt === null ? null : { at: Number(usedAt), method, path, ip, userAgent },
  };
}

/** The same of a tombstone `d` with the owner that the token had. */
export const tombstoneColumns = ['d.hash', 'd.prefix', 'd.name', 'd.owner_id', 'u.email', 'd.revoked_at'];

export function toTombstoneMatch(row: unknown[]): HashMatch {
  const [hash, prefix, name, ownerId, ownerEmail, revokedAt] = row as [string, string, string, string, string, Time];
  return { kind: 'tombstone', hash, prefix, name, ownerId, ownerEmail, revokedAt: Number(revokedAt) };
}
