import { ProblemError } from '../../../shared/problem.ts';

type DrfBody = { detail: string } | Record<string, string[]>;

/** An error response in DRF's format. */
export class DrfError extends Error {
  readonly status: 400 | 401 | 405 | 413 | 415 | 429;
  readonly body: DrfBody;
  readonly headers: ReadonlyArray<readonly [string, string]>;

  constructor(status: DrfError['status'], body: DrfBody, headers: DrfError['headers'] = []) {
    super(`DRF ${status}`);
    this.name = 'DrfError';
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/**
 * Returns the error for every rejected sign-in. The cause may be a wrong password, or that the member is unknown, is
 * disabled, has no password or lacks the permission. Using one error for all of them hides who is a member.
 */
export function unableToLogIn(): DrfError {
  return new DrfError(400, { non_field_errors: ['Unable to log in with provided credentials.'] });
}

/** Converts a domain error to DRF's format. Returns null if DRF has no equivalent. */
export function asDrfError(error: unknown): DrfError | null {
  if (error instanceof DrfError) return error;
  if (!(error instanceof ProblemError)) return null;
  switch (error.code) {
    case 'permission-missing':
    case 'wrong-credentials':
      return unableToLogIn();
    case 'name-taken':
    case 'invalid-fields':
      return new DrfError(400, { name: [error.message] });
    case 'token-limit':
      return new DrfError(400, { non_field_errors: [error.message] });
    case 'throttled':
      return throttled(error.retryAfter ?? 1);
    default:
      return null;
  }
}

function throttled(seconds: number): DrfError {
  const unit = seconds === 1 ? 'second' : 'seconds';
  const detail = `Request was throttled. Expected available in ${seconds} ${unit}.`;
  return new DrfError(429, { detail }, [['Retry-After', String(seconds)]]);
}
