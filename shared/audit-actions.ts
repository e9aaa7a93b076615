/** All audited actions and when each is recorded, as Markdown for the table in the documentation. */
export const auditActionDescriptions = {
  'session.created':
    'A member signed in. If they used a passkey, `changes` says so (`way`): `passkey` alone, or `password and passkey`.',
  'session.ended':
    'A session was ended: its member signed out or ended it from another one, or a superuser ended it. The target then names the member.',
  'session.failed':
    'A sign-in failed. The target is the email address that was entered, in its normalized form; input that is not an email address is not recorded. In one hour, at most 100 are recorded for an IPv4 /24 or IPv6 /48, and 5,000 in all.',
  'session.confirmed':
    'A member confirmed in their session that it is really them, with their password, a passkey or single sign-on.',
  'session.confirmation_failed':
    'Somebody with the session of a member failed to confirm that it is really the member.',
  'token.created': 'A token was created in the console, with the command line or through the API.',
  'token.rotated': 'A token received a new value, from its owner or by rotating itself.',
  'token.previous_ended': 'The value before the last rotation was ended before its time.',
  'token.changed': 'The owner changed a token. `changes` lists each field with its old and its new value.',
  'token.paused': 'A token was paused by its owner or a superuser, or the end or the reason of its pause was changed.',
  'token.resumed': 'A paused or idle token was resumed, or an active one was kept from becoming idle.',
  'token.transferred':
    'A token was given to a service account. The owner of the target is the former one. `changes` names both owners, and what the transfer changed besides.',
  'token.exchanged':
    'A job exchanged an identity token for a token of a service account. `changes` lists the trust, and the claims that it matched.',
  'token.revoked': 'A token was revoked by its owner, a superuser, an OAuth client or the token itself.',
  'token.canary_used':
    'Somebody presented the value of a canary. `changes` says how often since the event before, because there is at most one such event an hour for each canary. The IP address and the user agent are those of the last use.',
  'token.leaked':
    'A value of a token was reported as leaked. `changes` names the kind of place (`source`) and the address (`url`) where it was found, and what was done (`outcome`): `revoked`, `paused`, `notified`, `ended` for the value before a rotation, or `canary`.',
  'user.created': 'A member was added.',
  'user.invited': 'A member was invited by mail, perhaps again. An earlier link stopped working.',
  'user.invitation_shown':
    'The link of an invitation was shown to the superuser who made it, because mail is not configured. Whoever has the link can set the password.',
  'user.invitation_link_created':
    'A superuser made a new link of an invitation to pass on, and saw it. An earlier link stopped working. Whoever has the link can set the password.',
  'user.joined': 'An invited member set a password with the link of the invitation.',
  'user.disabled': 'An account was disabled and its sessions ended.',
  'user.enabled': 'A disabled account was enabled again.',
  'user.promoted': 'A member became an Organization Superuser.',
  'user.demoted': 'A member is no longer an Organization Superuser.',
  'user.auditor_granted':
    'A member became an auditor. Auditors read all members, tokens, apps, OAuth clients, service accounts, trusts, webhooks, reports and audit events, and cannot change them.',
  'user.auditor_removed': 'A member is no longer an auditor.',
  'user.renamed': "A member's name changed.",
  'user.permission_granted': 'A member received the permission to create and use personal API tokens.',
  'user.permission_removed': 'A member lost that permission. Their tokens are blocked until it is granted again.',
  'user.groups_changed':
    "A member's groups changed, which decide what apps the member may use: a superuser gave others (`manual_groups`), or the identity provider listed others at a sign-in (`sso_groups`). `changes` lists the names from before and now.",
  'user.password_changed': 'A member changed their password. Their other sessions ended.',
  'user.password_reset': "A password was set through a mailed link. All of the member's sessions ended.",
  'user.email_change_requested': 'A member asked to change their email address. A link was mailed to the new one.',
  'user.email_changed':
    "A member's email address was changed: by a superuser, by the member with the mailed link, or because the identity provider reported another one.",
  'user.deleted':
    'A member was deleted, and their tokens were revoked. A pseudonym replaces the email address in all events.',
  'user.erased':
    'A superuser erased a member, who had been disabled or deleted. A pseudonym replaces the email address everywhere.',
  'user.data_read': 'A superuser read all that is stored about a member, with `tokens users data` for example.',
  'user.sso_bound':
    'A member whom a superuser had added, or whose identity a superuser had unbound, signed in through the identity provider for the first time.',
  'user.sso_connected':
    'A member connected their account to an identity at the identity provider. If it replaced another one, their other sessions ended.',
  'user.sso_unbound':
    "A superuser, or the operator with `tokensd sso unbind`, removed a member's identity. All of the member's sessions ended.",
  'sso.issuer_moved':
    'The operator moved the identities of all members to another issuer with `tokensd sso move`. The target names both.',
  'user.totp_enabled': 'A member turned on two-factor sign-in.',
  'user.totp_disabled':
    'The authenticator app was removed, by the member or by a superuser who reset two-factor sign-in.',
  'passkey.added': 'A member added a passkey to their account.',
  'passkey.renamed': 'A member gave a passkey of their account another name.',
  'passkey.removed':
    'A passkey was removed: by the member, or with all others when a superuser reset the second factor or a recovery link was used.',
  'user.recovery_code_used': 'A recovery code was used to sign in.',
  'user.recovery_codes_replaced': 'A member created new recovery codes. The old ones no longer work.',
  'user.recovered':
    'A recovery link was used: the member is an Organization Superuser with a new password and no second factor. Their sessions ended.',
  'user.unlocked': 'The operator made the daemon forget failed sign-ins at an account with `tokensd users unlock`.',
  'recovery.link_created':
    'The operator created a recovery link with `tokensd recover`. The target is the email address that it is for.',
  'service_account.created': 'A service account was created. `changes` lists its fields.',
  'service_account.changed':
    'A superuser, a maintainer or a management key changed a service account. `changes` lists each field with its old and its new value, and maintainers and groups one a line.',
  'service_account.disabled': 'A service account was disabled. Requests that use its tokens are denied.',
  'service_account.enabled': 'A disabled service account was enabled again.',
  'service_account.deleted': 'A service account was deleted, with its tokens and its trusts.',
  'client.created': 'An OAuth client was registered.',
  'client.changed': 'What an OAuth client may do was changed.',
  'client.deleted': 'An OAuth client was deleted. Its secret no longer works.',
  'client.secret_rotated': 'An OAuth client received a new secret. The old one no longer works.',
  'app.created': 'An app was registered.',
  'app.changed': 'An app was changed. `changes` lists each field with its old and its new value.',
  'app.deleted': 'An app was deleted. Tokens that were restricted to it only are denied everywhere.',
  'trust.created': 'A trust was created: identity tokens of another system may be exchanged for tokens here.',
  'trust.changed': 'A trust was changed. `changes` lists each field with its old and its new value.',
  'trust.deleted': 'A trust was deleted, and the tokens that were exchanged under it were revoked.',
  'webhook.created':
    'A webhook was created. The target names its server only, because the rest of the URL may be a secret.',
  'webhook.changed':
    'A webhook was changed, or received a new secret. `changes` lists each field with its old and its new value.',
  'webhook.deleted': 'A webhook was deleted. It receives no further events.',
  'webhook.disabled':
    'The daemon disabled a webhook, because its receiver answered 410 or failed for three days. `changes` names the reason.',
  'database.restored':
    'The operator restored a backup with `tokensd restore`. The target names the time of the newest event in the backup, and ends with `without history` if nobody knew what was revoked since. Events after that are in the replaced database only.',
  'mail.tested': 'A superuser sent a test mail to their own address.',
  'mail.given_up':
    'A mail could not be delivered and became a dead letter. `tokensd mail list` shows the reason, and `tokensd mail retry` sends it again.',
} as const satisfies Record<string, string>;

export type AuditAction = keyof typeof auditActionDescriptions;
export const auditActions = Object.keys(auditActionDescriptions) as [AuditAction, ...AuditAction[]];
