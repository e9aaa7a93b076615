/**
 * The catalogue of problems: every error code that `tokensd` or `tokens` reports, with its HTTP status, its title and the
 * CLI's exit code. Status 0 marks problems that only the CLI reports. `problem-descriptions.ts` explains each one; the
 * tables in the documentation are generated from both files.
 */
export const problems = {
  'bad-request': { status: 400, title: 'Bad request', exit: 2 },
  'invalid-fields': { status: 400, title: 'Invalid fields', exit: 2 },
  'wrong-credentials': { status: 401, title: 'Wrong email address or password', exit: 4 },
  'totp-required': { status: 401, title: 'Second factor required', exit: 4 },
  'not-authenticated': { status: 401, title: 'Not signed in', exit: 4 },
  'invalid-token': { status: 401, title: 'Token rejected', exit: 4 },
  'session-required': { status: 403, title: 'Session required', exit: 4 },
  'superuser-required': { status: 403, title: 'Superuser required', exit: 4 },
  'permission-missing': { status: 403, title: 'Permission missing', exit: 4 },
  'monitoring-only': { status: 403, title: 'Only for monitoring', exit: 4 },
  'cross-site': { status: 403, title: 'Request from another site', exit: 4 },
  'form-expired': { status: 403, title: 'Form expired', exit: 4 },
  'wrong-password': { status: 403, title: 'Wrong current password', exit: 4 },
  'wrong-code': { status: 403, title: 'Wrong code', exit: 4 },
  'totp-setup-required': { status: 403, title: 'Two-factor sign-in required', exit: 4 },
  'password-sign-in-off': { status: 403, title: 'No sign-in with a password', exit: 4 },
  'sso-refused': { status: 403, title: 'Single sign-on denied', exit: 4 },
  'not-found': { status: 404, title: 'Not found', exit: 3 },
  'token-not-found': { status: 404, title: 'Token not found', exit: 3 },
  'user-not-found': { status: 404, title: 'Member not found', exit: 3 },
  'client-not-found': { status: 404, title: 'Client not found', exit: 3 },
  'method-not-allowed': { status: 405, title: 'Method not allowed', exit: 1 },
  'request-timeout': { status: 408, title: 'Request timed out', exit: 6 },
  'name-taken': { status: 409, title: 'Name already in use', exit: 5 },
  'email-taken': { status: 409, title: 'Email address already in use', exit: 5 },
  'already-joined': { status: 409, title: 'Member cannot be invited', exit: 5 },
  'not-connected': { status: 409, title: 'No identity to unbind', exit: 5 },
  'totp-enabled': { status: 409, title: 'Two-factor sign-in is already on', exit: 5 },
  'token-limit': { status: 409, title: 'Token limit reached', exit: 5 },
  'token-inactive': { status: 409, title: 'Token not active', exit: 5 },
  'email-from-sso': { status: 409, title: 'Email address comes from single sign-on', exit: 5 },
  'own-account': { status: 409, title: 'Own account', exit: 5 },
  'last-superuser': { status: 409, title: 'Last Organization Superuser', exit: 5 },
  'idempotency-mismatch': { status: 409, title: 'Idempotency-Key already used', exit: 5 },
  'link-expired': { status: 410, title: 'Link expired', exit: 3 },
  'body-too-large': { status: 413, title: 'Request body too large', exit: 2 },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type', exit: 1 },
  throttled: { status: 429, title: 'Too many attempts', exit: 7 },
  internal: { status: 500, title: 'Unexpected error', exit: 1 },
  'sso-misconfigured': { status: 500, title: 'Single sign-on set up wrongly', exit: 1 },
  unavailable: { status: 503, title: 'Temporarily unavailable', exit: 1 },
  'outcome-unknown': { status: 503, title: 'Outcome unknown', exit: 1 },
  'sso-unavailable': { status: 503, title: 'Single sign-on unavailable', exit: 1 },
  'storage-full': { status: 507, title: 'Storage full', exit: 1 },

  usage: { status: 0, title: 'Usage error', exit: 2 },
  'ambiguous-name': { status: 0, title: 'Ambiguous token name', exit: 2 },
  'insecure-server': { status: 0, title: 'Insecure server address', exit: 2 },
  'nothing-on-stdin': { status: 0, title: 'No input on stdin', exit: 2 },
  'login-denied': { status: 0, title: 'Sign-in denied', exit: 4 },
  'not-signed-in': { status: 0, title: 'Not signed in', exit: 4 },
  'proxy-hole': { status: 0, title: 'Proxy check failed', exit: 4 },
  'value-not-kept': { status: 0, title: 'Token value not stored', exit: 3 },
  'server-not-known': { status: 0, title: 'Unknown server', exit: 3 },
  'no-keychain': { status: 0, title: 'No keychain available', exit: 1 },
  'not-tokensd': { status: 0, title: 'Not a tokensd server', exit: 1 },
  redirected: { status: 0, title: 'Unexpected redirect', exit: 1 },
  unwritable: { status: 0, title: 'Output not writable', exit: 1 },
  'damaged-file': { status: 0, title: 'Damaged file', exit: 1 },
  unexpected: { status: 0, title: 'Unexpected error', exit: 1 },
  'login-expired': { status: 0, title: 'Sign-in expired', exit: 6 },
  unreachable: { status: 0, title: 'Server unreachable', exit: 6 },
  'command-not-run': { status: 0, title: 'Command not executable', exit: 126 },
  'command-not-found': { status: 0, title: 'Command not found', exit: 127 },
  cancelled: { status: 0, title: 'Cancelled', exit: 130 },
} as const;

export type ProblemCode = keyof typeof problems;

/** Reports whether a code is in the catalogue. A newer server may send codes that this version does not know. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
