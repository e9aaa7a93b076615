/**
 * The messages that the console shows after a change, by their code. Each is a function of the names of what changed. No name
 * may be a secret, because the browser keeps it in a cookie until the message is shown.
 */
export const texts = {
  'signed-out': () => 'You are signed out.',
  'token-revoked': (token: string) => `The token ${token} was revoked. Requests that use it are now denied.`,
  'token-changed': (token: string) => `The token ${token} was changed.`,
  'token-paused': (token: string) => `The token ${token} was paused. Requests that use it are now denied.`,
  'token-resumed': (token: string) => `The token ${token} was resumed.`,
  'previous-ended': (token: string) =>
    `The old value of the token ${token} was ended. Requests that use it are now denied.`,
  'password-changed': () => 'Your password was changed. You were signed out everywhere else.',
  'password-set': () => 'Your password was set. Sign in with it now.',
  joined: () => 'Your account is ready. Sign in with your new password.',
  recovered: () => 'You are an Organization Superuser, and your new password is set.',
  'totp-off': () => 'Two-factor sign-in was turned off.',
  'totp-removed': () => 'The authenticator app was removed. Your passkeys still work.',
  'totp-reset': (member: string) => `Two-factor sign-in was reset for ${member}.`,
  'passkey-added': (passkey: string) => `The passkey ${passkey} was added. You can sign in with it now.`,
  'passkey-renamed': (passkey: string) => `The passkey is called ${passkey} now.`,
  'passkey-removed': (passkey: string) => `The passkey ${passkey} was removed.`,
  'sso-connected': () => 'Single sign-on is connected. You can sign in with it now.',
  'member-unbound': (member: string) =>
    `${member} was unbound from single sign-on. The next single sign-on with their email address connects the account again; a member whose password signs them in connects it on their profile.`,
  'session-ended': () => 'The session was ended.',
  'sessions-ended': () => 'All your other sessions were ended.',
  'member-session-ended': (member: string) => `A session of ${member} was ended.`,
  'member-sessions-ended': (member: string) => `All sessions of ${member} were ended.`,
  'member-added': (member: string) => `${member} was added.`,
  'member-invited': (member: string) => `${member} was invited.`,
  'member-changed': (member: string) => `The account of ${member} was changed.`,
  'member-deleted': (member: string) => `${member} was deleted.`,
  'member-being-erased': (member: string) =>
    `${member} was deleted. Texts that contain the email address are being replaced in the background.`,
  'member-erased': (member: string) =>
    `${member} was erased. Backups and logs that were written before still contain the email address.`,
  'name-changed': () => 'Your name was changed.',
  'email-change-requested': () =>
    'Check the mail of your new address: your address changes when you open the link there. You also got a notice at your present address.',
  'email-change-unmailed': () =>
    'Your address changes when you open the link in the mail to your new address. No mail server is set up yet, so no mail is sent: ask the operator of this server for the link.',
  'email-changed': () => 'Your email address was changed.',
  'permission-granted': (member: string) =>
    `${member} can now create and manage API tokens. Tokens that were blocked without the permission work again.`,
  'permission-removed': (member: string) =>
    `${member} can no longer create API tokens. Existing tokens are blocked until you grant the permission again.`,
  'member-disabled': (member: string) => `The account of ${member} was disabled, and its sessions were ended.`,
  'member-enabled': (member: string) => `The account of ${member} was enabled.`,
  'member-promoted': (member: string) => `${member} is now an Organization Superuser.`,
  'member-demoted': (member: string) => `${member} is no longer an Organization Superuser.`,
  'auditor-granted': (member: string) =>
    `${member} is now an auditor. Auditors read all members, tokens, apps, OAuth clients, service accounts, trusts, webhooks, reports and audit events, and can change none of them.`,
  'auditor-removed': (member: string) => `${member} is no longer an auditor.`,
  'own-role-removed': () => 'You are no longer an Organization Superuser.',
  'test-mail-queued': (address: string) => `A test mail to ${address} is on its way.`,
  'test-mail-unmailed': (address: string) =>
    `No mail server is set up yet, so no mail is sent: the test mail to ${address} is written to a file on the server.`,
  'app-registered': (app: string) => `The app ${app} was registered. Name it in the configuration of your proxy.`,
  'app-changed': (app: string) => `The app ${app} was changed.`,
  'app-deleted': (app: string) => `The app ${app} was deleted. Requests for it are now denied.`,
  'client-changed': (client: string) => `The client ${client} was changed.`,
  'client-deleted': (client: string) => `The client ${client} was deleted. Its secret no longer works.`,
  'service-account-created': (account: string) =>
    `The service account ${account} was created. Create a token for it, or add maintainers.`,
  'service-account-changed': (account: string) => `The service account ${account} was changed.`,
  'service-account-disabled': (account: string) =>
    `The service account ${account} was disabled. Requests that use its tokens are now denied.`,
  'service-account-enabled': (account: string) => `The service account ${account} was enabled. Its tokens work again.`,
  'service-account-deleted': (account: string) =>
    `The service account ${account} was deleted, and its tokens were revoked.`,
  'trust-created': (trust: string) => `The trust ${trust} was created. Jobs can now exchange their identity tokens.`,
  'trust-changed': (trust: string) => `The trust ${trust} was changed.`,
  'trust-moved': (trust: string) =>
    `The trust ${trust} was changed, and the tokens that jobs received under it were revoked.`,
  'trust-deleted': (trust: string) =>
    `The trust ${trust} was deleted, and the tokens that jobs received under it were revoked.`,
  'maintainer-added': (member: string, account: string) => `${member} now maintains ${account}.`,
  'maintainer-removed': (member: string, account: string) => `${member} no longer maintains ${account}.`,
  'no-longer-maintainer': (account: string) => `You no longer maintain ${account}.`,
  'webhook-changed': (webhook: string) => `The webhook ${webhook} was changed.`,
  'webhook-enabled': (webhook: string) => `The webhook ${webhook} was enabled.`,
  'webhook-disabled': (webhook: string) => `The webhook ${webhook} was disabled. It gets no events.`,
  'webhook-deleted': (webhook: string) => `The webhook ${webhook} was deleted.`,
  'webhook-tested': (webhook: string) =>
    `A test event is on its way to the webhook ${webhook}. Reload this page to see what became of it.`,
  'delivery-retried': (webhook: string) =>
    `The event is sent to the webhook ${webhook} again. Reload this page to see what became of it.`,
  'tokens-revoked': (member: string) => `All tokens of ${member} were revoked. Requests that use them are now denied.`,
  'member-offboarded-transferred': (member: string, account: string) =>
    `The account of ${member} was disabled. ${account} received the tokens in use, and all others were revoked.`,
  'member-offboarded-unmaintained': (member: string, account: string) =>
    `The account of ${member} was disabled. ${account} received the tokens in use, and all others were revoked. Nobody maintains ${account}: add a maintainer, who rotates the tokens.`,
  'member-offboarded': (member: string) => `The account of ${member} was disabled, and all its tokens were revoked.`,
} as const;

export type MessageCode = keyof typeof texts;

/** The messages that no mail is sent, although the member asked for one, and those after which somebody has something to do. */
export const warnings: ReadonlySet<MessageCode> = new Set([
  'email-change-unmailed',
  'test-mail-unmailed',
  'member-offboarded-unmaintained',
]);

/** The messages that name nothing, mostly about the member's own account. */
export type NamelessCode = { [Code in MessageCode]: [] extends MessageNames<Code> ? Code : never }[MessageCode];

/** The names that the message needs. */
export type MessageNames<Code extends MessageCode> = Parameters<(typeof texts)[Code]>;

export function isMessageCode(text: string): text is MessageCode {
  return Object.hasOwn(texts, text);
}

/** Returns the text of the message. Returns undefined if the number of names is wrong. */
export function messageText(code: MessageCode, names: readonly string[]): string | undefined {
  const text: (...names: string[]) => string = texts[code];
  return text.length === names.length ? text(...names) : undefined;
}
