import type { ErrorHandler } from 'hono';
import type { FailedRequest, FailureLog } from '../../observability/failure-log.ts';
import type { AppEnv } from '../context.ts';
import { asProblem, bodyLimitDetail } from '../errors.ts';

/** An error that is sent in the format of RFC 6749 §5.2. */
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
  return new OAuthError('invalid_request', bodyLimitDetail, { status: 413 });
}

/** Returns the handler that turns every thrown error into an OAuth error response. */
export function oauthErrorHandler(failureLog: FailureLog): ErrorHandler<AppEnv> {
  return (error, c) => {
    const request = { id: c.get('requestId'), method: c.req.method };
    const { status, headers, body } = errorResponse(error, failureLog, request);
    return c.json(body, status, { 'Cache-Control': 'no-store', ...headers });
  };
}

/** Returns the response to a thrown value. Server-side failures are logged under the request ID. */
export function errorResponse(thrown: unknown, failureLog: FailureLog, request: FailedRequest) {
  const error = thrown instanceof Error ? thrown : new Error('A value that is not an Error was thrown.');
  if (!(error instanceof OAuthError)) failureLog.failed(request, asProblem(error), error);
  const { status, error: code, message, headers } = asOAuthError(error);
  return { status, headers, body: { error: code, ...(message !== '' && { error_description: message }) } };
}

function asOAuthError(error: Error): OAuthError {
  if (error instanceof OAuthError) return error;
  const { code, message, retryAfter = 1 } = asProblem(error);
  const headers = { 'Retry-After': String(retryAfter) };
  switch (code) {
    case 'unavailable':
    case 'outcome-unknown':
      return new OAuthError('temporarily_unavailable', message, { status: 503, headers });
    case 'throttled':
      return new OAuthError('temporarily_unavailable', message, { status: 429, headers });
    case 'bad-request':
      return invalidRequest(message);
    default:
      return new OAuthError('server_error', message, { status: 500 });
  }
}
