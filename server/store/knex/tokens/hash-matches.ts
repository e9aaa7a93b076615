import type { HashMatch } from '../../records.ts';
import { numberOrNull } from '../accounts/user-rows.ts';

type Time = number | string;
type Flag = boolean | number;

/** What verification wants to know of a token `t` with its owner `u`, and nothing else: it is much asked. */
export const matchColumns = [
  ...['t.id', 't.prefix', 't.name', 't.created_at', 't.expires_at', 't.owner_id'],
  ...['u.email', 'u.name', 'u.superuser', 'u.disabled', 'u.can_manage_tokens', 'u.sso_signed_in_at'],
];

type MatchRow = [
  ...[
    place: number,
    id: string,
    prefix: string,
    name: string,
    createdAt: Time,
    expiresAt: Time | null,
    ownerId: string,
  ],
  ...[email: string, ownerName: string, superuser: Flag, disabled: Flag, canManageTokens: Flag, ssoAt: Time | null],
];

/** A row of place and `matchColumns`. */
export function toHashMatch(values: unknown[]): HashMatch {
  // By index: taking an array apart goes through its iterator, and takes longer than all the rest here.
  const row = values as MatchRow;
  return {
    kind: 'token',
    id: row[1],
    prefix: row[2],
    name: row[3],
    createdAt: Number(row[4]),
    expiresAt: numberOrNull(row[5]),
    ownerId: row[6],
    ownerEmail: row[7],
    ownerName: row[8],
    ownerSuperuser: Boolean(row[9]),
    ownerDisabled: Boolean(row[10]),
    ownerCanManageTokens: Boolean(row[11]),
    ownerSsoSignedInAt: numberOrNull(row[12]),
  };
}

/** The same of a tombstone `d` with the owner that the token had. */
export const tombstoneColumns = ['d.prefix', 'd.name', 'd.owner_id', 'u.email', 'd.revoked_at'];

export function toTombstoneMatch(row: unknown[]): HashMatch {
  const [, prefix, name, ownerId, ownerEmail, revokedAt] = row as [number, string, string, string, string, Time];
  return { kind: 'tombstone', prefix, name, ownerId, ownerEmail, revokedAt: Number(revokedAt) };
}
