import { ProblemError } from '../../../shared/problem.ts';
import { secretPrefixes } from '../../../shared/redact.ts';
import type { Caller } from '../../domain/caller.ts';
import type { AuthenticatedSession } from '../../domain/sign-in/sessions.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { bearerChallenge, Refusal } from '../errors.ts';
import { fieldOf } from '../raw-headers.ts';
import { isSameOrigin } from '../same-origin.ts';
import { createSessionCookie } from '../session-cookie.ts';
import { readCredential } from '../verify/credential.ts';

/**
 * Finds the session that `Authorization: Bearer` (RFC 6750 §2.1) or else the console's cookie names, and makes its member
 * the caller. Any `Authorization` decides alone; a cookie changes something only from our own pages.
 * @throws ProblemError `not-authenticated`; `session-required` for a personal API token that works; `cross-site`
 */
export async function authenticateSession(deps: AppDeps, c: AppContext): Promise<void> {
  const { sessions, verify } = deps;
  const headers = rawHeadersOf(c);
  const credential = readCredential(headers);
  const authorization = fieldOf(headers, 'authorization');
  if (credential.kind === 'none' && authorization === undefined) return authenticateCookie(deps, c);
  if (credential.kind === 'none') throw notAuthenticated('Sign in first.');
  if (credential.kind !== 'value') throw notAuthenticated('Send one session.', 'invalid_token');
  const { value } = credential;
  if (!value.startsWith(secretPrefixes.session) || !/^\s*bearer\s/i.test(authorization ?? '')) {
    if ((await verify(value)).allowed) throw sessionRequired();
    throw notAuthenticated('This is not a session. Sign in first.', 'invalid_token');
  }
  const found = await sessions.authenticate(value);
  if (found === null) throw notAuthenticated('The session has ended. Sign in again.', 'invalid_token');
  admit(c, found, 'cli');
}

async function authenticateCookie({ sessions, config }: AppDeps, c: AppContext): Promise<void> {
  const secret = createSessionCookie(config.publicUrl).read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) throw notAuthenticated('Sign in first.');
  if (!isSafe(c.req.method) && !isSameOrigin(c, config.publicUrl)) {
    throw new ProblemError('cross-site', 'This request came from another site. Nothing was changed.');
  }
  admit(c, found, 'console');
}

/** Makes the session's member the caller. */
export function admit(c: AppContext, { user, session }: AuthenticatedSession, channel: Caller['channel']): void {
  c.set('session', session);
  c.set('caller', { user, sessionId: session.id, clientInfo: c.get('clientInfo'), channel });
}

/** RFC 9110 §9.2.1. */
export function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method);
}

function notAuthenticated(detail: string, error?: 'invalid_token'): Refusal {
  return new Refusal('not-authenticated', detail, { headers: [['WWW-Authenticate', bearerChallenge(error)]] });
}

function sessionRequired(): ProblemError {
  return new ProblemError(
    'session-required',
    'A personal API token may only read or revoke itself here, at /api/v1/token. Sign in for everything else.',
  );
}
