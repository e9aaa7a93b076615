/**
 * Every problem either program can report: HTTP status when the daemon answers it, title, and the CLI's exit code.
 * README.md ("Problems") documents the same table; a test compares the two.
 */
export const problems = {
  'bad-request': { status: 400, title: 'Bad request', exit: 2 },
  'invalid-fields': { status: 400, title: 'Some fields are not valid', exit: 2 },
  'wrong-credentials': { status: 401, title: 'Wrong e-mail or password', exit: 4 },
  'totp-required': { status: 401, title: 'Two-step code needed', exit: 4 },
  'not-authenticated': { status: 401, title: 'Not signed in', exit: 4 },
  'invalid-token': { status: 401, title: 'The token does not work', exit: 4 },
  'session-required': { status: 403, title: 'A session is required', exit: 4 },
  'superuser-required': { status: 403, title: 'Organization Superusers only', exit: 4 },
  'permission-missing': { status: 403, title: 'Permission missing', exit: 4 },
  'monitoring-only': { status: 403, title: 'For monitoring only', exit: 4 },
  'cross-site': { status: 403, title: 'Request from another site', exit: 4 },
  'form-expired': { status: 403, title: 'This page is too old', exit: 4 },
  'wrong-password': { status: 403, title: 'Wrong current password', exit: 4 },
  'wrong-code': { status: 403, title: 'Wrong code', exit: 4 },
  'totp-setup-required': { status: 403, title: 'Two-step sign-in must be set up', exit: 4 },
  'sso-refused': { status: 403, title: 'Single sign-on refused', exit: 4 },
  'not-found': { status: 404, title: 'Not found', exit: 3 },
  'token-not-found': { status: 404, title: 'No such token', exit: 3 },
  'user-not-found': { status: 404, title: 'No such user', exit: 3 },
  'client-not-found': { status: 404, title: 'No such service', exit: 3 },
  'method-not-allowed': { status: 405, title: 'Method not allowed', exit: 1 },
  'request-timeout': { status: 408, title: 'Request took too long to arrive', exit: 6 },
  'name-taken': { status: 409, title: 'Name already taken', exit: 5 },
  'email-taken': { status: 409, title: 'E-mail already taken', exit: 5 },
  'totp-enabled': { status: 409, title: 'Two-step sign-in is on', exit: 5 },
  'token-limit': { status: 409, title: 'Too many tokens', exit: 5 },
  'last-superuser': { status: 409, title: 'Last Organization Superuser', exit: 5 },
  'idempotency-mismatch': { status: 409, title: 'Idempotency-Key used for another request', exit: 5 },
  'link-expired': { status: 410, title: 'This link has expired', exit: 3 },
  'body-too-large': { status: 413, title: 'Request body too large', exit: 2 },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type', exit: 1 },
  throttled: { status: 429, title: 'Too many attempts', exit: 7 },
  internal: { status: 500, title: 'Unexpected error', exit: 1 },
  unavailable: { status: 503, title: 'Temporarily unavailable', exit: 1 },
  'outcome-unknown': { status: 503, title: 'Maybe done, maybe not', exit: 1 },
  'sso-unavailable': { status: 503, title: 'Single sign-on is not available', exit: 1 },
  'storage-full': { status: 507, title: 'No room left', exit: 1 },

  usage: { status: 0, title: 'Usage error', exit: 2 },
  'ambiguous-name': { status: 0, title: 'More than one token matches', exit: 2 },
  'insecure-server': { status: 0, title: 'Refusing an insecure server address', exit: 2 },
  'nothing-on-stdin': { status: 0, title: 'Nothing on standard input', exit: 2 },
  'login-denied': { status: 0, title: 'Sign-in was denied', exit: 4 },
  'not-signed-in': { status: 0, title: 'Not signed in', exit: 4 },
  'token-inactive': { status: 0, title: 'The token does not work', exit: 4 },
  'proxy-hole': { status: 0, title: 'The proxy has a hole', exit: 4 },
  'value-not-kept': { status: 0, title: 'No value kept for this token', exit: 3 },
  'server-not-known': { status: 0, title: 'Server not known here', exit: 3 },
  'no-keychain': { status: 0, title: 'No usable OS keychain', exit: 1 },
  'not-tokensd': { status: 0, title: 'Not a tokensd server', exit: 1 },
  redirected: { status: 0, title: 'The server redirects elsewhere', exit: 1 },
  unwritable: { status: 0, title: 'Output could not be written', exit: 1 },
  'damaged-file': { status: 0, title: 'Damaged file', exit: 1 },
  unexpected: { status: 0, title: 'Unexpected error', exit: 1 },
  'login-expired': { status: 0, title: 'Sign-in took too long', exit: 6 },
  unreachable: { status: 0, title: 'Server unreachable', exit: 6 },
  cancelled: { status: 0, title: 'Cancelled', exit: 130 },
} as const;

export type ProblemCode = keyof typeof problems;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}
