import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import { ConfirmationRequired, JustConfirmed } from '../../domain/sign-in/confirmation/required.ts';
import type { AppContext } from '../../http/context.ts';
import type { Page } from './page-renderer.tsx';

/**
 * Returns the error if it is a `ProblemError`, which the form can show. Rethrows every other error, and problems that have a page
 * of their own.
 */
export function expectProblem(error: unknown): ProblemError {
  if (error instanceof ConfirmationRequired) throw error;
  if (error instanceof ProblemError) return error;
  throw error;
}

/** Returns the problem's error messages, keyed by the name of the body field. */
export function fieldErrors(problem: ProblemError | undefined): Partial<Record<string, string>> {
  return Object.fromEntries((problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
}

/** Returns what is wrong with the entries of a field that is a list, or with the list itself. */
export function listError(problem: ProblemError | undefined, field: string): string | undefined {
  const errors = (problem?.errors ?? []).filter(({ pointer }) => pointer.split('/')[1] === field);
  return [...new Set(errors.map(({ detail }) => detail))].join(' ') || undefined;
}

/**
 * Renders the page of a rejected form with the problem's status and, if there is one, `Retry-After`. A form that is shown again
 * after a confirmation was not rejected.
 */
export function renderProblem(c: AppContext, problem: ProblemError, page: Page) {
  if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
  if (problem instanceof JustConfirmed) return c.render(page);
  return c.render(page, problems[problem.code].status as 400);
}

/** Returns the problem for a form whose two new passwords differ. */
export function passwordMismatch(): ProblemError {
  const detail = 'The passwords do not match. Enter the same new password twice.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/again', detail }] });
}
