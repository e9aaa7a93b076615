import type { AuditAction } from '../../shared/audit-actions.ts';
import type { AuditRecord } from '../store/records.ts';

/** The label of each audit action on the audit page. */
export const actionLabels: Readonly<Record<AuditAction, string>> = {
  'session.created': 'Signed in',
  'session.ended': 'Ended a session',
  'session.failed': 'Failed to sign in',
  'session.confirmed': 'Confirmed it is them',
  'session.confirmation_failed': 'Failed to confirm it is them',
  'token.created': 'Created a token',
  'token.rotated': 'Rotated a token',
  'token.previous_ended': 'Ended an old value',
  'token.changed': 'Changed a token',
  'token.paused': 'Paused a token',
  'token.resumed': 'Resumed a token',
  'token.transferred': 'Transferred a token',
  'token.exchanged': 'Exchanged an identity token',
  'token.revoked': 'Revoked a token',
  'token.canary_used': 'Noticed a canary',
  'token.leaked': 'Reported a leaked value',
  'user.created': 'Added a member',
  'user.invited': 'Invited a member',
  'user.invitation_shown': 'Saw the link of an invitation',
  'user.invitation_link_created': 'Copied the link of an invitation',
  'user.joined': 'Joined by invitation',
  'user.disabled': 'Disabled an account',
  'user.enabled': 'Enabled an account',
  'user.promoted': 'Granted the superuser role',
  'user.demoted': 'Removed the superuser role',
  'user.auditor_granted': 'Granted the auditor role',
  'user.auditor_removed': 'Removed the auditor role',
  'user.renamed': 'Renamed a member',
  'user.permission_granted': 'Granted the token permission',
  'user.permission_removed': 'Removed the token permission',
  'user.groups_changed': 'Changed groups',
  'user.password_changed': 'Changed a password',
  'user.password_reset': 'Set a password by email link',
  'user.email_change_requested': 'Asked to change their email address',
  'user.email_changed': 'Changed an email address',
  'user.deleted': 'Deleted a member',
  'user.erased': 'Erased a member',
  'user.data_read': 'Read all data about a member',
  'user.sso_bound': 'Linked an account to single sign-on',
  'user.sso_connected': 'Connected single sign-on',
  'user.sso_unbound': 'Unbound from single sign-on',
  'sso.issuer_moved': 'Moved to another issuer',
  'user.totp_enabled': 'Turned on two-factor sign-in',
  'user.totp_disabled': 'Turned off two-factor sign-in',
  'passkey.added': 'Added a passkey',
  'passkey.renamed': 'Renamed a passkey',
  'passkey.removed': 'Removed a passkey',
  'user.recovery_code_used': 'Used a recovery code',
  'user.recovery_codes_replaced': 'Generated new recovery codes',
  'user.recovered': 'Recovered access with a link',
  'user.unlocked': 'Unlocked an account',
  'recovery.link_created': 'Created a recovery link',
  'service_account.created': 'Created a service account',
  'service_account.changed': 'Changed a service account',
  'service_account.disabled': 'Disabled a service account',
  'service_account.enabled': 'Enabled a service account',
  'service_account.deleted': 'Deleted a service account',
  'client.created': 'Created a client',
  'client.changed': 'Changed a client',
  'client.deleted': 'Deleted a client',
  'client.secret_rotated': 'Rotated a client secret',
  'app.created': 'Registered an app',
  'app.changed': 'Changed an app',
  'app.deleted': 'Deleted an app',
  'trust.created': 'Created a trust',
  'trust.changed': 'Changed a trust',
  'trust.deleted': 'Deleted a trust',
  'webhook.created': 'Created a webhook',
  'webhook.changed': 'Changed a webhook',
  'webhook.deleted': 'Deleted a webhook',
  'webhook.disabled': 'Disabled a webhook',
  'database.restored': 'Restored a backup',
  'mail.tested': 'Sent a test mail',
  'mail.given_up': 'Could not deliver an email',
};

/** Returns the label of an event's actor, such as `service-account:platform (terraform)`, with the name of the management key. */
export function actorLabel({ kind, id, email, token }: AuditRecord['actor']): string {
  if (kind === 'system') return 'tokensd (system)';
  const label = email ?? id ?? 'unknown';
  return token === undefined ? label : `${label} (${token})`;
}

/** Returns the label of an event's target. */
export function targetLabel({ kind, id, name }: AuditRecord['target']): string {
  if (kind === 'session') return name === null ? 'their session' : `a session of ${name}`;
  return name ?? id ?? 'not a member';
}

/** Returns who received a token by the transfer that an event records, or null for any other event. */
export function receiverOf({ action, changes = [] }: Pick<AuditRecord, 'action' | 'changes'>): string | null {
  const owner = action === 'token.transferred' ? changes.find(({ field }) => field === 'owner')?.to : null;
  return typeof owner === 'string' ? owner : null;
}
