import { ProblemError } from '../../../shared/problem.ts';
import { sessionSecretPrefix } from '../../../shared/redact.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { bearerChallenge, Refusal } from '../errors.ts';
import { readCredential, valuesOf } from '../verify/credential.ts';

/**
 * Finds the session that `Authorization: Bearer` names (RFC 6750 §2.1) and makes its member the caller.
 * @throws ProblemError `not-authenticated`; `session-required` for a personal API token that works
 */
export async function authenticateSession({ sessions, verify }: AppDeps, c: AppContext): Promise<void> {
  const headers = rawHeadersOf(c);
  const credential = readCredential(headers);
  if (credential.kind === 'none') throw notAuthenticated('Sign in first.');
  if (credential.kind !== 'value') throw notAuthenticated('Send one session.', 'invalid_token');
  const { value } = credential;
  const [authorization = ''] = valuesOf(headers, 'authorization');
  if (!value.startsWith(sessionSecretPrefix) || !/^\s*bearer\s/i.test(authorization)) {
    if ((await verify(value)).good) throw sessionRequired();
    throw notAuthenticated('This is not a session. Sign in first.', 'invalid_token');
  }
  const found = await sessions.authenticate(value);
  if (found === null) throw notAuthenticated('The session has ended. Sign in again.', 'invalid_token');
  const { user, session } = found;
  c.set('session', session);
  c.set('caller', { user, sessionId: session.id, origin: c.get('origin'), channel: 'cli' });
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
