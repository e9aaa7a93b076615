import type { User } from '../../../shared/schemas/accounts/users.ts';
import { memberPath } from './team-paths.ts';

/** The columns of the file with members. A new one comes last, because programs that read the file may count them. */
export const memberCsvColumns = {
  id: 'id',
  email: 'email',
  name: 'name',
  status: 'status',
  superuser: 'superuser',
  auditor: 'auditor',
  can_manage_tokens: 'can_manage_tokens',
  token_count: 'token_count',
  last_used_at: 'last_used_at',
  created_at: 'created_at',
  invited_at: 'invited_at',
  joined_at: 'joined_at',
  disabled_at: 'disabled_at',
  url: 'url',
} as const;

/** Returns a member as a row of that file. Times are in UTC. */
export function memberRow(user: User, publicUrl: string): Record<string, unknown> {
  const { superuser, auditor, can_manage_tokens } = user;
  return {
    ...user,
    superuser: String(superuser),
    auditor: String(auditor),
    can_manage_tokens: String(can_manage_tokens),
    url: `${publicUrl}${memberPath(user.id)}`,
  };
}
