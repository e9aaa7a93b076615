import { ProblemError } from '../../../shared/problem.ts';
import { secretPrefixes } from '../../../shared/redact.ts';
import type { Caller } from '../../domain/caller.ts';
import { sessionEnded } from '../../domain/sign-in/problems.ts';
import type { AuthenticatedSession } from '../../domain/sign-in/sessions.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { bearerChallenge, ResponseProblem } from '../errors.ts';
import { fieldOf } from '../raw-headers.ts';
import { isSameOrigin } from '../same-origin.ts';
import { readCredential } from '../verify/credential.ts';

export type SessionDeps = Pick<AppDeps, 'sessions' | 'sessionCookie' | 'verify' | 'config'>;

/**
 * Authenticates the session in `Authorization: Bearer` (RFC 6750 §2.1) and sets its member as the caller. The console's
 * cookie is read only if the request has no `Authorization` at all, and an unsafe request with it must come from the
 * console's own origin.
 * @throws ProblemError `not-authenticated`; `session-required` for an active personal API token; `cross-site`
 */
export async function authenticateSession(deps: SessionDeps, c: AppContext): Promise<void> {
  const { sessions, verify } = deps;
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
    if ((await verify('api', value)).allowed) throw sessionRequired();
    throw notAuthenticated('The credential is not a session. Sign in first.', 'invalid_token');
  }
  const found = await sessions.authenticate(value);
  if (found === null) throw notAuthenticated(sessionEnded().message, 'invalid_token');
  setCaller(c, found, 'cli');
}

async function authenticateCookie({ sessions, sessionCookie, config }: SessionDeps, c: AppContext): Promise<void> {
  const secret = sessionCookie.read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) throw notAuthenticated(signInFirst);
  if (!isSafe(c.req.method) && !isSameOrigin(c, config.publicUrl)) {
    throw new ProblemError('cross-site', `The request did not come from ${config.publicUrl}, so nothing was changed.`);
  }
  setCaller(c, found, 'console');
}

/** Sets the session's member as the caller of this request. */
export function setCaller(c: AppContext, { user, session }: AuthenticatedSession, channel: Caller['channel']): void {
  c.set('session', session);
  c.set('caller', { user, sessionId: session.id, clientInfo: c.get('clientInfo'), channel });
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
