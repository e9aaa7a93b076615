import type { ProblemDetails } from '../shared/problem.ts';
import { type ProblemCode, problems } from '../shared/problems.ts';
import { redact } from '../shared/redact.ts';
import { exitCodeOf } from './exit.ts';

export interface CliErrorOptions {
  readonly cause?: unknown;
  /** Seconds until the server accepts the request again. */
  readonly retryAfterSeconds?: number | null;
}

/** An expected failure: a problem that the daemon reported, or one found by this program. */
export class CliError extends Error {
  readonly problem: ProblemDetails;
  readonly retryAfterSeconds: number | null;

  constructor(problem: ProblemDetails, { cause, retryAfterSeconds = null }: CliErrorOptions = {}) {
    super(problem.detail, { cause });
    this.name = 'CliError';
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get exitCode(): number {
    return exitCodeOf(this.problem);
  }
}

/** Ends the program with the exit code of a command that it ran. Nothing is printed, because the command did that. */
export class CommandEnded extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`The command ended with exit code ${exitCode}.`);
    this.name = 'CommandEnded';
    this.exitCode = exitCode;
  }
}

/** Creates the error for a problem found by this program. `detail` says what to do next. */
export function localError(code: ProblemCode, detail: string, cause?: unknown): CliError {
  return new CliError(localProblem(code, detail), { cause });
}

/** Builds a problem with status 0. Removes secrets from `detail`, which may repeat user input or a library's message. */
export function localProblem(code: ProblemCode, detail: string): ProblemDetails {
  return { type: 'about:blank', title: problems[code].title, status: 0, detail: redact(detail), code };
}

export function hasCode(error: unknown, code: ProblemCode): error is CliError {
  return error instanceof CliError && error.problem.code === code;
}

/** Ends the detail of a problem with the option of the command that does it anyway. */
export function withForce(error: CliError): CliError {
  const detail = error.problem.detail.replace(/\.$/, ' with --force.');
  return new CliError({ ...error.problem, detail }, { cause: error });
}

/** Returns the `code` of a system error, such as `ENOENT`, or undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
