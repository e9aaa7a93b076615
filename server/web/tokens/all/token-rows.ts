import type { EndedToken } from '../../../../shared/schemas/tokens/ended-tokens.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { cellOf } from '../../shell/download/csv.ts';
import { tokenPath } from '../token-paths.ts';

/** The columns of the file with tokens. A new one comes last, because programs that read the file may count them. */
export const tokenCsvColumns = {
  id: 'id',
  name: 'name',
  prefix: 'prefix',
  status: 'status',
  owner: 'owner',
  owner_kind: 'owner_kind',
  description: 'description',
  created_at: 'created_at',
  rotated_at: 'rotated_at',
  expires_at: 'expires_at',
  'last_used.at': 'last_used_at',
  'last_used.method': 'last_used_method',
  'last_used.path': 'last_used_path',
  'last_used.ip': 'last_used_ip',
  'previous.valid_until': 'previous_valid_until',
  'last_denied.at': 'last_denied_at',
  'last_denied.reason': 'last_denied_reason',
  apps: 'apps',
  read_only: 'read_only',
  allow: 'allow',
  networks: 'networks',
  canary: 'canary',
  url: 'url',
} as const;

/** Returns a token as a row of that file. Times are in UTC, and lists have one entry a line. */
export function tokenRow(token: Token, publicUrl: string): Record<string, unknown> {
  return {
    ...token,
    apps: cellOf(token.apps),
    allow: cellOf(token.allow),
    networks: cellOf(token.networks),
    read_only: String(token.read_only),
    canary: String(token.canary),
    url: `${publicUrl}${tokenPath(token.id)}`,
  };
}

/** The columns of the file with tokens that ended. */
export const endedCsvColumns = {
  id: 'id',
  name: 'name',
  prefix: 'prefix',
  owner: 'owner',
  owner_kind: 'owner_kind',
  reason: 'reason',
  ended_at: 'ended_at',
  ended_by: 'ended_by',
  'last_used.at': 'last_used_at',
  'last_used.method': 'last_used_method',
  'last_used.path': 'last_used_path',
  'last_used.ip': 'last_used_ip',
  url: 'url',
} as const;

/** Returns a token that ended as a row of that file. Times are in UTC. */
export function endedRow(token: EndedToken, publicUrl: string): Record<string, unknown> {
  return { ...token, url: `${publicUrl}${tokenPath(token.id)}` };
}
