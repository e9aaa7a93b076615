import type { ProblemDetails } from '../shared/problem.ts';
import { type ProblemCode, problems } from '../shared/problems.ts';
import { redact } from '../shared/redact.ts';
import { exitCodeOf } from './exit.ts';

/** An expected failure: a problem found here, or one that the daemon answered. */
export class CliError extends Error {
  readonly problem: ProblemDetails;

  constructor(problem: ProblemDetails, cause?: unknown) {
    super(problem.detail, { cause });
    this.name = 'CliError';
    this.problem = problem;
  }

  get exitCode(): number {
    return exitCodeOf(this.problem);
  }
}

/** A problem found on this side (`type` about:blank, `status` 0). `detail` says what to do next. */
export function localError(code: ProblemCode, detail: string, cause?: unknown): CliError {
  return new CliError(localProblem(code, detail), cause);
}

/** A detail may repeat what was typed or what a library said, so secrets are taken out of it. */
export function localProblem(code: ProblemCode, detail: string): ProblemDetails {
  return { type: 'about:blank', title: problems[code].title, status: 0, detail: redact(detail), code };
}

export function hasCode(error: unknown, code: ProblemCode): error is CliError {
  return error instanceof CliError && error.problem.code === code;
}

/** The `code` of a system error (`ENOENT`, `EPIPE`, …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
