import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { limits } from '../../shared/limits.ts';
import { type ProblemDetails, ProblemError, type ProblemOptions, problemType } from '../../shared/problem.ts';
import { type ProblemCode, problems } from '../../shared/problems.ts';
import type { FailureLog } from '../observability/failure-log.ts';
import { OutcomeUnknown, StoreBusy, StoreFull, StoreUnavailable } from '../store/errors.ts';
import type { AppContext, AppEnv } from './context.ts';

/** A problem whose response carries extra header fields, such as authentication challenges (RFC 9110 §11.6.1). */
export class ResponseProblem extends ProblemError {
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** The rejected token, if the presented value belongs to one. */
  readonly token: ProblemDetails['token'];
  /** The token that the request is about, if it has ended. */
  readonly ended: ProblemDetails['ended'];

  constructor(
    code: ProblemCode,
    detail: string,
    options: ProblemOptions & {
      headers?: ResponseProblem['headers'];
      token?: ProblemDetails['token'];
      ended?: ProblemDetails['ended'];
    },
  ) {
    super(code, detail, options);
    this.headers = options.headers ?? [];
    this.token = options.token;
    this.ended = options.ended;
  }
}

/**
 * Returns the handler that turns every thrown error into a problem response. It logs server-side failures, and the
 * response hides their details.
 */
export function errorHandler(failureLog: FailureLog): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = isBodyCutOff(c, error) ? bodyCutOff() : asProblem(error);
    failureLog.failed({ id: c.get('requestId'), method: c.req.method }, problem, error);
    return problemResponse(c, problem);
  };
}

/** Returns the problem for a path that no route matches. */
export function notFound(): ProblemError {
  return new ProblemError('not-found', 'There is nothing at this path. See /openapi.json.');
}

/** Returns the response to a path that no route matches. */
export function notFoundResponse(c: AppContext): Response {
  return problemResponse(c, notFound());
}

/** Returns the response to a method that the path does not support, with its `Allow` header. */
export function methodNotAllowedResponse(c: AppContext, methods: string[]): Response {
  const allowed = methods.join(', ');
  const detail = `This path supports ${allowed}.`;
  return problemResponse(c, new ResponseProblem('method-not-allowed', detail, { headers: [['Allow', allowed]] }));
}

/** The detail of the problem for a body over the limit. */
export const bodyLimitDetail = `The request body is larger than ${limits.maxBodyBytes / 1024} KiB. Send less data.`;

/** Returns the response to a body over the limit. */
export function bodyTooLargeResponse(c: AppContext): Response {
  return problemResponse(c, new ProblemError('body-too-large', bodyLimitDetail));
}

/** Returns the problem for a body that is not `application/json`. */
export function notJson(): ProblemError {
  return new ProblemError('unsupported-media-type', 'Send the body as application/json.');
}

/** In seconds. The next request finds out whether the database responds again. */
const retrySoon = { retryAfter: 1 } as const;

/** Maps any thrown error to the problem that the client sees. */
export function asProblem(error: Error): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof OutcomeUnknown) {
    return new ProblemError(
      'outcome-unknown',
      'The connection was lost during commit, so the change may have been saved. Check before you retry.',
    );
  }
  if (error instanceof StoreFull) {
    return new ProblemError('storage-full', 'The database has no space left, so nothing was changed.');
  }
  if (error instanceof StoreBusy) {
    return new ProblemError('unavailable', 'The server is busy. Try again in a few seconds.', retrySoon);
  }
  if (error instanceof StoreUnavailable) {
    return new ProblemError('unavailable', 'The database does not respond. Try again in a few seconds.', retrySoon);
  }
  if (error instanceof HTTPException && error.status === 415) return notJson();
  if (error instanceof HTTPException && error.status < 500) {
    return new ProblemError('bad-request', 'The request is malformed.');
  }
  if ('code' in error && error.code === 'ECONNRESET') return bodyCutOff();
  return new ProblemError('internal', 'An unexpected error occurred. Find its cause in the log by the request ID.');
}

/** Recognizes the adapter's error for a body whose connection closed before a handler read it. */
function isBodyCutOff(c: AppContext, error: Error): boolean {
  const { complete, socket } = c.env?.incoming ?? {};
  return (complete === false || socket?.destroyed === true) && error.message === 'Body is unusable';
}

function bodyCutOff(): ProblemError {
  return new ProblemError('bad-request', 'The connection closed before the whole body arrived.');
}

function problemResponse(c: AppContext, problem: ProblemError): Response {
  const { status, title } = problems[problem.code];
  const headers = new Headers({ 'Content-Type': 'application/problem+json' });
  if (problem.retryAfter !== undefined) headers.set('Retry-After', String(problem.retryAfter));
  const extra = problem instanceof ResponseProblem ? problem : null;
  for (const [name, value] of extra?.headers ?? []) headers.append(name, value);
  if (status === 401 && !headers.has('WWW-Authenticate')) headers.set('WWW-Authenticate', bearerChallenge());
  const body: ProblemDetails = {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.message,
    code: problem.code,
    request_id: c.get('requestId'),
    ...(problem.errors && { errors: problem.errors }),
    ...(extra?.token && { token: extra.token }),
    ...(extra?.ended && { ended: extra.ended }),
  };
  return new Response(JSON.stringify(body), { status, headers });
}

/** Returns a Bearer challenge. It has an `error` only if the request presented a credential (RFC 6750 §3). */
export function bearerChallenge(error?: 'invalid_token'): string {
  return `Bearer realm="tokensd"${error === undefined ? '' : `, error="${error}"`}`;
}
