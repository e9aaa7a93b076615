import { isProblemCode, problems } from '../shared/problems.ts';

/** Exit codes by HTTP status, for problem codes that only a newer server knows. */
const exitByStatus: Readonly<Record<number, number>> = {
  400: 2,
  422: 2,
  401: 4,
  403: 4,
  404: 3,
  409: 5,
  412: 5,
  429: 7,
};

/** `check` reports its result with this code. Routes send it with status 409, for tokens that they cannot change. */
const exitOfInactiveToken = 4;

/** Returns the process exit code for a problem: by its code, else by its status, else 1. */
export function exitCodeOf(problem: { code: string; status: number }): number {
  if (problem.code === 'token-inactive' && problem.status === 0) return exitOfInactiveToken;
  if (isProblemCode(problem.code)) return problems[problem.code].exit;
  return exitByStatus[problem.status] ?? 1;
}
