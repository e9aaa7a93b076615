import type { ProblemError } from '../../../shared/problem.ts';

/** Returns what is wrong with the entries of a field that is a list, or with the list itself. */
export function listError(problem: ProblemError | undefined, field: string): string | undefined {
  const errors = (problem?.errors ?? []).filter(({ pointer }) => pointer.split('/')[1] === field);
  return [...new Set(errors.map(({ detail }) => detail))].join(' ') || undefined;
}
