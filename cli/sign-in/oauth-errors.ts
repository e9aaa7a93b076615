import { retryAfter } from '../api/responses.ts';
import { CliError, localError, localProblem } from '../errors.ts';

type OAuth = typeof import('oauth4webapi');

/** Turns an OAuth error that a person can act on into a `CliError`. Returns other errors unchanged. */
export function toSignInError(oauth: OAuth, error: unknown): unknown {
  if (error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied') return denied(error);
  if (!(error instanceof oauth.ResponseBodyError)) return error;
  if (error.error === 'access_denied') return denied(error);
  if (error.error === 'expired_token') return codeExpired(error);
  if (error.status !== 429) return error;
  const problem = localProblem('throttled', error.error_description ?? 'Too many sign-ins.');
  return new CliError(problem, { cause: error, retryAfterSeconds: retryAfter(error.response.headers) });
}

export function codeExpired(cause?: unknown): CliError {
  return localError('login-expired', 'The code was not approved in time. Run `tokens login` again.', cause);
}

function denied(cause: unknown): CliError {
  return localError('login-denied', 'The sign-in was denied in the browser. Run `tokens login` to try again.', cause);
}
