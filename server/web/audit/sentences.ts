import type { AuditAction } from '../../../shared/schemas/audit.ts';

/** Colours of the label: something new or restored, something to look at, something ended or wrong, anything else. */
export type Tone = 'success' | 'warning' | 'danger' | 'plain';

/** The label of an event, and its sentence. `{target}` stands for the name of the target and `{receiver}` for the new owner of a token. */
interface ActionText {
  tone: Tone;
  label: string;
  sentence: string;
}

const text = (tone: Tone, label: string, sentence: string): ActionText => ({ tone, label, sentence });

/** What the Audit page says about each action. The sentence follows the name of the actor. */
export const actionTexts: Readonly<Record<AuditAction, ActionText>> = {
  'session.created': text('plain', 'Signed in', 'signed in'),
  'session.ended': text('plain', 'Signed out', 'ended a session'),
  'session.failed': text('danger', 'Failed', 'failed to sign in'),
  'session.confirmed': text('plain', 'Confirmed', 'confirmed it is them'),
  'session.confirmation_failed': text('danger', 'Failed', 'failed to confirm it is them'),
  'token.created': text('success', 'Created', 'created token {target}'),
  'token.rotated': text('success', 'Rotated', 'rotated token {target}'),
  'token.previous_ended': text('warning', 'Value ended', 'ended the previous value of token {target}'),
  'token.changed': text('warning', 'Changed', 'changed token {target}'),
  'token.paused': text('warning', 'Paused', 'paused token {target}'),
  'token.resumed': text('success', 'Resumed', 'resumed token {target}'),
  'token.transferred': text('warning', 'Transferred', 'transferred token {target} to {receiver}'),
  'token.exchanged': text('plain', 'Exchanged', 'exchanged an identity token for token {target}'),
  'token.revoked': text('danger', 'Revoked', 'revoked token {target}'),
  'token.canary_used': text('danger', 'Canary', 'noticed that the value of canary {target} was presented'),
  'token.leaked': text('danger', 'Leaked', 'reported a value of token {target} as leaked'),
  'user.created': text('success', 'Added', 'added member {target}'),
  'user.invited': text('success', 'Invited', 'invited {target}'),
  'user.invitation_shown': text('warning', 'Link shown', 'saw the link of the invitation of {target}'),
  'user.invitation_link_created': text('warning', 'Link copied', 'copied a new link of the invitation of {target}'),
  'user.joined': text('success', 'Joined', 'joined by invitation'),
  'user.disabled': text('danger', 'Disabled', 'disabled the account of {target}'),
  'user.enabled': text('success', 'Enabled', 'enabled the account of {target}'),
  'user.promoted': text('warning', 'Promoted', 'made {target} an Organization Superuser'),
  'user.demoted': text('warning', 'Demoted', 'removed the superuser role from {target}'),
  'user.auditor_granted': text('warning', 'Promoted', 'made {target} an auditor'),
  'user.auditor_removed': text('warning', 'Demoted', 'removed the auditor role from {target}'),
  'user.renamed': text('plain', 'Renamed', 'changed the name of {target}'),
  'user.permission_granted': text('success', 'Permitted', 'permitted {target} to use API tokens'),
  'user.permission_removed': text('danger', 'Blocked', 'removed the token permission from {target}'),
  'user.groups_changed': text('warning', 'Groups', 'changed the groups of {target}'),
  'user.password_changed': text('plain', 'Password', 'changed the password of {target}'),
  'user.password_reset': text('warning', 'Password', 'set the password of {target} by email link'),
  'user.email_change_requested': text('plain', 'Address', 'asked to change the email address of {target}'),
  'user.email_changed': text('warning', 'Address', 'changed the email address of {target}'),
  'user.deleted': text('danger', 'Deleted', 'deleted member {target}'),
  'user.erased': text('danger', 'Erased', 'erased member {target}'),
  'user.data_read': text('warning', 'Data read', 'read all that is stored about {target}'),
  'user.sso_bound': text('success', 'Single sign-on', 'linked the account of {target} to single sign-on'),
  'user.sso_connected': text('success', 'Single sign-on', 'connected the account of {target} to single sign-on'),
  'user.sso_unbound': text('warning', 'Single sign-on', 'unbound {target} from single sign-on'),
  'sso.issuer_moved': text('warning', 'Single sign-on', 'moved all members to another issuer: {target}'),
  'user.totp_enabled': text('success', 'Two-factor', 'turned on two-factor sign-in for {target}'),
  'user.totp_disabled': text('warning', 'Two-factor', 'turned off two-factor sign-in for {target}'),
  'passkey.added': text('success', 'Passkey', 'added a passkey to the account of {target}'),
  'passkey.removed': text('warning', 'Passkey', 'removed a passkey of {target}'),
  'user.recovery_code_used': text('warning', 'Recovery', 'used a recovery code of {target}'),
  'user.recovery_codes_replaced': text('plain', 'Recovery', 'generated new recovery codes for {target}'),
  'user.recovered': text('warning', 'Recovery', 'recovered the account of {target} with a link'),
  'user.unlocked': text('plain', 'Unlocked', 'unlocked the account of {target}'),
  'recovery.link_created': text('warning', 'Recovery', 'created a recovery link for {target}'),
  'service_account.created': text('success', 'Created', 'created service account {target}'),
  'service_account.changed': text('warning', 'Changed', 'changed service account {target}'),
  'service_account.disabled': text('danger', 'Disabled', 'disabled service account {target}'),
  'service_account.enabled': text('success', 'Enabled', 'enabled service account {target}'),
  'service_account.deleted': text('danger', 'Deleted', 'deleted service account {target}'),
  'client.created': text('success', 'Created', 'created client {target}'),
  'client.changed': text('warning', 'Changed', 'changed client {target}'),
  'client.deleted': text('danger', 'Deleted', 'deleted client {target}'),
  'client.secret_rotated': text('success', 'Rotated', 'rotated the secret of client {target}'),
  'app.created': text('success', 'Registered', 'registered app {target}'),
  'app.changed': text('warning', 'Changed', 'changed app {target}'),
  'app.deleted': text('danger', 'Deleted', 'deleted app {target}'),
  'trust.created': text('success', 'Created', 'created trust {target}'),
  'trust.changed': text('warning', 'Changed', 'changed trust {target}'),
  'trust.deleted': text('danger', 'Deleted', 'deleted trust {target}'),
  'webhook.created': text('success', 'Created', 'created the webhook to {target}'),
  'webhook.changed': text('warning', 'Changed', 'changed the webhook to {target}'),
  'webhook.deleted': text('danger', 'Deleted', 'deleted the webhook to {target}'),
  'webhook.disabled': text('danger', 'Disabled', 'disabled the webhook to {target}'),
  'database.restored': text('warning', 'Restored', 'restored a backup: {target}'),
  'mail.given_up': text('danger', 'Mail', 'could not deliver an email to {target}'),
};
