import type { ErrorHandler } from 'hono';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { Log } from '../../observability/log.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../store/errors.ts';
import type { AppEnv } from '../context.ts';
import { asProblem, logUnexpected } from '../errors.ts';

/** A refusal as RFC 6749 §5.2 writes it. */
export class OAuthError extends Error {
  readonly status: 400 | 401 | 405 | 413 | 429 | 500 | 503;
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

export function bodyTooLarge(): OAuthError {
  return new OAuthError('invalid_request', `A body is at most ${limits.bodyBytes / 1024} KiB.`, { status: 413 });
}

/** Turns whatever an endpoint throws into an OAuth error. */
export function oauthErrorHandler(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    const { status, headers, body } = answerOf(error, log, c.get('requestId'));
    return c.json(body, status, { 'Cache-Control': 'no-store', ...headers });
  };
}

/** What is answered to a failure. One of ours is logged under the request's id. */
export function answerOf(thrown: unknown, log: Log, requestId: string) {
  const error = thrown instanceof Error ? thrown : new Error('Something that is no error was thrown.');
  if (!(error instanceof OAuthError)) logUnexpected(log, requestId, asProblem(error), error);
  const { status, error: code, message, headers } = asOAuthError(error);
  return { status, headers, body: { error: code, ...(message !== '' && { error_description: message }) } };
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
  if (asProblem(error).code === 'bad-request') return invalidRequest('The request could not be read.');
  return new OAuthError('server_error', 'Something went wrong here.', { status: 500 });
}
