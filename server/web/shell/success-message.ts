/** What a page says after something was done. A closed list, so that an address cannot put words into our mouth. */
const messages = {
  'signed-out': 'You are signed out.',
  'token-revoked': 'The token was revoked. It is refused from now on.',
  'password-changed': 'Your password was changed, and your other sessions were ended.',
  'password-set': 'Your password is set. Sign in with it.',
  'two-step-off': 'Two-step sign-in is off.',
  'two-step-reset': 'Two-step sign-in of this member was reset.',
  'session-ended': 'The session was ended.',
  'sessions-ended': 'Your other sessions were ended.',
  'member-added': 'The member was added.',
  'permission-granted': 'The permission was granted. Tokens made earlier work again.',
  'permission-removed': 'The permission was removed. Existing tokens are blocked, and work again once it is granted.',
  'member-disabled': 'The account was disabled and its sessions were ended.',
  'member-enabled': 'The account was enabled.',
  'member-promoted': 'The member is now an Organization Superuser.',
  'member-demoted': 'The member is no Organization Superuser any more.',
  'own-role-removed': 'You are no Organization Superuser any more.',
  'tokens-revoked': 'All tokens of this member were revoked.',
  'member-offboarded': 'The account was disabled and all its tokens were revoked.',
} as const;

export type Done = keyof typeof messages;

/** The sentence for `?done=`, if it is one of ours. */
export function doneMessage(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(messages, code) ? messages[code as Done] : undefined;
}

/** Adds what was done to the address of the page that says so. */
export function withDone(path: string, done: Done): string {
  return `${path}${path.includes('?') ? '&' : '?'}done=${done}`;
}
