import type { AuditAction } from '../../../shared/schemas/audit.ts';
import type { AuditRecord } from '../../store/records.ts';

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
  'user.password_reset': 'Set a password by a mailed link',
  'user.email_changed': 'Has another e-mail address',
  'user.sso_bound': 'Signed in by single sign-on for the first time',
  'user.totp_enabled': 'Turned two-step sign-in on',
  'user.totp_disabled': 'Turned two-step sign-in off',
  'user.recovery_code_used': 'Used a recovery code',
  'user.recovery_codes_replaced': 'Made new recovery codes',
  'client.created': 'Registered a service',
  'client.deleted': 'Removed a service',
  'client.secret_rotated': 'Gave a service a new secret',
  'mail.given_up': 'Gave up a mail to a member',
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
