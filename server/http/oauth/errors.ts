import type { ErrorHandler } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import type { Log } from '../../log.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../store/errors.ts';
import type { AppEnv } from '../context.ts';
import { asProblem, logUnexpected } from '../errors.ts';

/** A refusal as RFC 6749 §5.2 writes it. */
export class OAuthError extends Error {
  readonly status: 400 | 401 | 413 | 429 | 500 | 503;
  readonly error: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    error: string,
    description: string,
    { status = 400, headers = {} }: { status?: OAuthError['status']; headers?: Record<string, string> } = {},
  ) {
    super(description);
    this.name = 'OAuthError';
    this.error = error;
    this.status = status;
    this.headers = headers;
  }
}

export function invalidRequest(description: string): OAuthError {
  return new OAuthError('invalid_request', description);
}

/** Turns whatever an endpoint throws into an OAuth error. */
export function oauthErrorHandler(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    logUnexpected(log, c.get('requestId'), asProblem(error), error);
    const { status, error: code, message, headers } = asOAuthError(error);
    return c.json({ error: code, ...(message !== '' && { error_description: message }) }, status, {
      'Cache-Control': 'no-store',
      ...headers,
    });
  };
}

function asOAuthError(error: Error): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailable || error instanceof OutcomeUnknown) {
    const headers = { 'Retry-After': '1' };
    return new OAuthError('temporarily_unavailable', 'The database does not answer.', { status: 503, headers });
  }
  if (error instanceof ProblemError && error.code === 'throttled') {
    const headers = { 'Retry-After': String(error.retryAfter ?? 1) };
    return new OAuthError('temporarily_unavailable', error.message, { status: 429, headers });
  }
  return new OAuthError('server_error', 'Something went wrong here.', { status: 500 });
}
