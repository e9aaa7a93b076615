import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { limits } from '../../shared/limits.ts';
import { type ProblemDetails, ProblemError, type ProblemOptions, problemType } from '../../shared/problem.ts';
import { type ProblemCode, problems } from '../../shared/problems.ts';
import type { Log } from '../observability/log.ts';
import { OutcomeUnknown, StoreFull, StoreUnavailable } from '../store/errors.ts';
import type { AppContext, AppEnv } from './context.ts';

/** An expected failure that answers with header fields of its own, such as challenges (RFC 9110 §11.6.1). */
export class Refusal extends ProblemError {
  readonly headers: ReadonlyArray<readonly [string, string]>;
  /** The refused token, when its value was known. */
  readonly token: ProblemDetails['token'];

  constructor(
    code: ProblemCode,
    detail: string,
    options: ProblemOptions & { headers: Refusal['headers']; token?: ProblemDetails['token'] },
  ) {
    super(code, detail, options);
    this.headers = options.headers;
    this.token = options.token;
  }
}

/** Turns whatever a handler throws into problem+json. What was not expected is logged and told without details. */
export function errorHandler(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = brokeOff(c, error) ? bodyBrokeOff() : asProblem(error);
    logUnexpected(log, c.get('requestId'), problem, error);
    return problemResponse(c, problem);
  };
}

/** Logs the cause of a failure of ours, under the id that the answer tells. */
export function logUnexpected(log: Log, requestId: string, problem: ProblemError, cause: unknown): void {
  if (!['internal', 'unavailable', 'outcome-unknown', 'storage-full'].includes(problem.code)) return;
  log.error({ err: cause, request_id: requestId }, problem.message);
}

/** The answer for a path that nothing is at. */
export function answerNotFound(c: AppContext): Response {
  return problemResponse(c, new ProblemError('not-found', 'There is nothing at this path. See /openapi.json.'));
}

/** The answer for a method that the path does not have. */
export function answerMethodNotAllowed(c: AppContext, methods: string[]): Response {
  const allowed = methods.join(', ');
  return problemResponse(
    c,
    new Refusal('method-not-allowed', `This path answers ${allowed}.`, { headers: [['Allow', allowed]] }),
  );
}

/** The answer for a body over the limit. */
export function answerBodyTooLarge(c: AppContext): Response {
  return problemResponse(c, new ProblemError('body-too-large', `A body is at most ${limits.bodyBytes / 1024} KiB.`));
}

/** What an answer tells of whatever was thrown. */
export function asProblem(error: Error): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof OutcomeUnknown) {
    return new ProblemError(
      'outcome-unknown',
      'The database broke off while it confirmed this. It was done whole, or not at all: look before you repeat it.',
    );
  }
  if (error instanceof StoreFull) {
    return new ProblemError('storage-full', 'The database has no room left. Nothing was changed.');
  }
  if (error instanceof StoreUnavailable) {
    return new ProblemError('unavailable', 'The database does not answer. Try again in a moment.');
  }
  if (error instanceof HTTPException && error.status === 415) {
    return new ProblemError('unsupported-media-type', 'Send the body as application/json.');
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new ProblemError('bad-request', 'The request could not be read.');
  }
  if ('code' in error && error.code === 'ECONNRESET') {
    return bodyBrokeOff();
  }
  return new ProblemError('internal', 'Something went wrong here. The request id finds it in the log.');
}

/** What the adapter says of a body whose connection ended before anybody read it. */
function brokeOff(c: AppContext, error: Error): boolean {
  const { complete, socket } = c.env?.incoming ?? {};
  return (complete === false || socket?.destroyed === true) && error.message === 'Body is unusable';
}

function bodyBrokeOff(): ProblemError {
  return new ProblemError('bad-request', 'The connection ended before the body did.');
}

function problemResponse(c: AppContext, problem: ProblemError): Response {
  const { status, title } = problems[problem.code];
  const headers = new Headers({ 'Content-Type': 'application/problem+json' });
  if (problem.retryAfter !== undefined) headers.set('Retry-After', String(problem.retryAfter));
  const refusal = problem instanceof Refusal ? problem : null;
  for (const [name, value] of refusal?.headers ?? []) headers.append(name, value);
  if (status === 401 && !headers.has('WWW-Authenticate')) headers.set('WWW-Authenticate', bearerChallenge());
  const body: ProblemDetails = {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.message,
    code: problem.code,
    request_id: c.get('requestId'),
    ...(problem.errors && { errors: problem.errors }),
    ...(refusal?.token && { token: refusal.token }),
  };
  return new Response(JSON.stringify(body), { status, headers });
}

/** RFC 6750 §3: `error` only if a credential was presented. */
export function bearerChallenge(error?: 'invalid_token'): string {
  return `Bearer realm="tokensd"${error === undefined ? '' : `, error="${error}"`}`;
}
