import { ProblemError } from '../../../shared/problem.ts';
import { secretPrefixes } from '../../../shared/redact.ts';
import type { Scope } from '../../../shared/scopes.ts';
import type { Caller } from '../../domain/caller.ts';
import { sessionEnded } from '../../domain/sign-in/problems.ts';
import type { AuthenticatedSession } from '../../domain/sign-in/sessions.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { bearerChallenge, ResponseProblem } from '../errors.ts';
import { isSameOrigin } from '../same-origin.ts';
import { type Credential, readCredential } from '../verify/credential.ts';
import { fieldOf } from '../wire/raw-headers.ts';
import { admitKey, isKeyForm, type ManagementKeyDeps } from './management-key.ts';
import { observeRequest } from './observe-request.ts';

export type OperatorDeps = Pick<AppDeps, 'sessions' | 'sessionCookie' | 'verify' | 'config'> & ManagementKeyDeps;

/**
 * Authenticates the session in `Authorization: Bearer` (RFC 6750 §2.1) and sets its member as the caller and the operator. The
 * console's cookie is read only if the request has no `Authorization` at all, and an unsafe request with it must come from the
 * console's own origin. A management key in `Authorization: Bearer` or `Token` becomes the operator if it has the scope of the route;
 * without a scope, the route is closed to keys.
 * @throws ProblemError `not-authenticated`; `session-required` for an active personal API token; `cross-site`; `network-denied`,
 * `not-for-keys` and `scope-missing` for a management key
 */
export async function authenticateOperator(deps: OperatorDeps, c: AppContext, scope: Scope | undefined): Promise<void> {
  const { sessions } = deps;
  const headers = rawHeadersOf(c);
  const credential = readCredential(headers);
  const authorization = fieldOf(headers, 'authorization');
  if (credential.kind === 'none' && authorization === undefined) return authenticateCookie(deps, c);
  if (credential.kind === 'none') throw notAuthenticated(signInFirst);
  const isAlone =
    credential.kind === 'value' &&
    (credential.field === 'authorization' || authorization === undefined || authorization === '');
  if (!isAlone) throw notAuthenticated('Send exactly one session secret.', 'invalid_token');
  const { value } = credential;
  if (!value.startsWith(secretPrefixes.session) || !/^\s*bearer\s/i.test(authorization ?? '')) {
    return authenticateKey(deps, c, credential, scope);
  }
  const found = await sessions.authenticate(value);
  if (found === null) throw notAuthenticated(sessionEnded().message, 'invalid_token');
  setCaller(c, found, 'cli');
}

/** Authenticates a value that is not a session. Only a management key may use the API, and only in `Authorization`. */
async function authenticateKey(
  deps: OperatorDeps,
  c: AppContext,
  credential: Extract<Credential, { kind: 'value' }>,
  scope: Scope | undefined,
): Promise<void> {
  const verdict = await deps.verify('api', credential.value, () => observeRequest(c));
  if (!verdict.allowed) throw notAuthenticated('The credential is not a session. Sign in first.', 'invalid_token');
  if (verdict.token.manage === null) throw sessionRequired();
  if (!isKeyForm(rawHeadersOf(c), credential))
    throw notAuthenticated('Send a management key as Authorization: Bearer or Token.', 'invalid_token');
  await admitKey(deps, c, verdict.token, scope);
}

async function authenticateCookie({ sessions, sessionCookie, config }: OperatorDeps, c: AppContext): Promise<void> {
  const secret = sessionCookie.read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) throw notAuthenticated(signInFirst);
  if (!isSafe(c.req.method) && !isSameOrigin(c, config.publicUrl)) {
    throw new ProblemError('cross-site', `The request did not come from ${config.publicUrl}, so nothing was changed.`);
  }
  setCaller(c, found, 'console');
}

/** Sets the session's member as the caller and the operator of this request. */
export function setCaller(c: AppContext, { user, session }: AuthenticatedSession, channel: Caller['channel']): void {
  c.set('session', session);
  const caller = { user, sessionId: session.id, clientInfo: c.get('clientInfo'), channel };
  c.set('caller', caller);
  c.set('operator', caller);
}

/** Reports whether a method is safe: it changes nothing (RFC 9110 §9.2.1). */
export function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
}

const signInFirst = 'Sign in first.';

function notAuthenticated(detail: string, error?: 'invalid_token'): ResponseProblem {
  return new ResponseProblem('not-authenticated', detail, { headers: [['WWW-Authenticate', bearerChallenge(error)]] });
}

function sessionRequired(): ProblemError {
  return new ProblemError(
    'session-required',
    'A personal API token may only read, rotate or revoke itself, at /api/v1/token. Sign in for everything else.',
  );
}
