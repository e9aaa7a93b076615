import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { AuditRecord } from '../store/store.ts';

/** Each audited action as the page says it. */
export const actionWords: Readonly<Record<AuditAction, string>> = {
  'session.created': 'Signed in',
  'session.ended': 'Signed out',
  'session.failed': 'Sign-in refused',
  'token.created': 'Created a token',
  'token.revoked': 'Revoked a token',
  'user.created': 'Added a member',
  'user.disabled': 'Disabled an account',
  'user.enabled': 'Enabled an account',
  'user.promoted': 'Made a superuser',
  'user.demoted': 'Made a superuser a member',
  'user.renamed': 'Renamed a member',
  'user.permission_granted': 'Granted the permission',
  'user.permission_removed': 'Removed the permission',
  'user.password_changed': 'Changed a password',
};

/** Who acted, as the page says it. */
export function actorWords({ kind, id, email }: AuditRecord['actor']): string {
  if (kind === 'system') return 'tokensd, at its machine';
  return email ?? id ?? 'somebody not signed in';
}

/** What an event was done to, as the page says it. */
export function targetWords({ kind, id, name }: AuditRecord['target']): string {
  if (kind === 'session') return 'their session';
  return name ?? id ?? 'nobody of this organization';
}
