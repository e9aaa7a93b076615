/** Messages shown after a change, by their code in `?done=`. A crafted link can show only these, not its own text. */
const messages = {
  'signed-out': 'You are signed out.',
  'token-revoked': 'The token was revoked. Requests that use it are now rejected.',
  'token-changed': 'The token was changed.',
  'token-paused': 'The token was paused. Requests that use it are now rejected.',
  'token-resumed': 'The token was resumed.',
  'previous-ended': 'The old value was ended. Requests that use it are now rejected.',
  'password-changed': 'Your password was changed. You were signed out everywhere else.',
  'password-set': 'Your password was set. Sign in with it now.',
  joined: 'Your account is ready. Sign in with your new password.',
  recovered: 'You are an Organization Superuser, and your new password is set.',
  'totp-off': 'Two-factor sign-in was turned off.',
  'totp-reset': 'Two-factor sign-in was reset for this member.',
  'sso-connected': 'Single sign-on is connected. You can sign in with it now.',
  'member-unbound':
    'The member was unbound. The next single sign-on with their email address connects the account again; a member whose password signs them in connects it on their profile.',
  'session-ended': 'The session was ended.',
  'sessions-ended': 'You were signed out everywhere else.',
  'member-added': 'The member was added.',
  'member-added-invited': 'The member was added, and the invitation is on its way.',
  'member-invited': 'The invitation is on its way.',
  'member-changed': 'The member was changed.',
  'member-deleted': 'The member was deleted.',
  'member-being-erased':
    'The member was deleted. Texts that contain the email address are being replaced in the background.',
  'member-erased': 'The member was erased. Treat the backups and logs that were written before.',
  'name-changed': 'Your name was changed.',
  'email-change-requested':
    'Check the mail of your new address: your address changes when you open the link there. You also got a notice at your present address.',
  'email-changed': 'Your email address was changed.',
  'permission-granted': 'The permission was granted. Tokens that were blocked without it work again.',
  'permission-removed': 'The permission was removed. Existing tokens are blocked until you grant it again.',
  'member-disabled': 'The account was disabled, and its sessions were ended.',
  'member-enabled': 'The account was enabled.',
  'member-promoted': 'The member is now an Organization Superuser.',
  'member-demoted': 'The member is no longer an Organization Superuser.',
  'auditor-granted':
    'The member is now an auditor. Auditors read all members, tokens, apps, service accounts, reports and audit events, and can change none of them.',
  'auditor-removed': 'The member is no longer an auditor.',
  'own-role-removed': 'You are no longer an Organization Superuser.',
  'app-registered': 'The app was registered. Name it in the configuration of your proxy.',
  'app-changed': 'The app was changed.',
  'app-deleted': 'The app was deleted. Requests for it are now denied.',
  'service-account-created': 'The service account was created. Create a token for it, or add maintainers.',
  'service-account-changed': 'The service account was changed.',
  'service-account-disabled': 'The service account was disabled. Requests that use its tokens are now rejected.',
  'service-account-enabled': 'The service account was enabled. Its tokens work again.',
  'service-account-deleted': 'The service account was deleted, and its tokens were revoked.',
  'trust-created': 'The trust was created. Jobs can now exchange their identity tokens.',
  'trust-changed': 'The trust was changed.',
  'trust-moved': 'The trust was changed, and the tokens that jobs received under it were revoked.',
  'trust-deleted': 'The trust was deleted, and the tokens that jobs received under it were revoked.',
  'maintainer-added': 'The maintainer was added.',
  'maintainer-removed': 'The maintainer was removed.',
  'no-longer-maintainer': 'You no longer maintain that service account.',
  'webhook-changed': 'The webhook was changed.',
  'webhook-enabled': 'The webhook was enabled.',
  'webhook-disabled': 'The webhook was disabled. It gets no events.',
  'webhook-deleted': 'The webhook was deleted.',
  'webhook-tested': 'The test event is on its way. Reload this page to see what became of it.',
  'delivery-retried': 'The event is sent again. Reload this page to see what became of it.',
  'tokens-revoked': 'All tokens of this member were revoked.',
  'member-offboarded-transferred':
    'The account was disabled. The service account received the tokens in use, and all others were revoked.',
  'member-offboarded': 'The account was disabled, and all its tokens were revoked.',
} as const;

export type SuccessCode = keyof typeof messages;

/** Returns the message for the value of `?done=`, or undefined for an unknown code. */
export function successMessage(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(messages, code) ? messages[code as SuccessCode] : undefined;
}

/** Appends `done=CODE` to the query of `path`. */
export function withSuccess(path: string, code: SuccessCode): string {
  return `${path}${path.includes('?') ? '&' : '?'}done=${code}`;
}
