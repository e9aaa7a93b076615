import type { LastUse, TokenRecord } from '../../records.ts';
import { numberOrNull } from '../accounts/user-rows.ts';

/** A row of `tokens` as `RETURNING *` gives it. */
export interface TokenRow {
  id: string;
  owner_id: string;
  hash: string;
  prefix: string;
  name: string;
  name_folded: string;
  description: string | null;
  created_at: number | string;
  expires_at: number | string | null;
  last_used_at: number | string | null;
  last_used_method: string | null;
  last_used_path: string | null;
  last_used_ip: string | null;
  last_used_user_agent: string | null;
}

export interface OwnerColumns {
  owner_email: string;
  owner_name: string;
  owner_superuser: boolean | number;
  owner_disabled: boolean | number;
  owner_can_manage_tokens: boolean | number;
  owner_sso_signed_in_at: number | string | null;
}

export type OwnedTokenRow = Omit<TokenRow, 'name_folded'> & OwnerColumns;

/** SQL for a token `t` with its owner `u`. */
export const ownedTokenColumns = [
  't.hash',
  't.prefix',
  't.name',
  't.owner_id',
  'u.email AS owner_email',
  't.id',
  't.description',
  't.created_at',
  't.expires_at',
  't.last_used_at',
  't.last_used_method',
  't.last_used_path',
  't.last_used_ip',
  't.last_used_user_agent',
  'u.name AS owner_name',
  'u.superuser AS owner_superuser',
  'u.disabled AS owner_disabled',
  'u.can_manage_tokens AS owner_can_manage_tokens',
  'u.sso_signed_in_at AS owner_sso_signed_in_at',
];

export function toToken(row: OwnedTokenRow): TokenRecord {
  return {
    id: row.id,
    ownerId: row.owner_id,
    prefix: row.prefix,
    name: row.name,
    description: row.description,
    createdAt: Number(row.created_at),
    expiresAt: numberOrNull(row.expires_at),
    lastUse: toLastUse(row),
    ownerEmail: row.owner_email,
    ownerDisabled: Boolean(row.owner_disabled),
    ownerCanManageTokens: Boolean(row.owner_can_manage_tokens),
    ownerSsoSignedInAt: numberOrNull(row.owner_sso_signed_in_at),
  };
}

function toLastUse(row: OwnedTokenRow): LastUse | null {
  if (row.last_used_at === null) return null;
  return {
    at: Number(row.last_used_at),
    method: row.last_used_method,
    path: row.last_used_path,
    ip: row.last_used_ip,
    userAgent: row.last_used_user_agent,
  };
}
