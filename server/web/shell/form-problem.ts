import type { HtmlEscapedString } from 'hono/utils/html';
import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { AppContext } from '../../http/context.ts';

/** What a form was refused for, to show on its page. Whatever nobody expected is thrown on. */
export function refusalOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}

/** What is wrong, by the name of the body's field. */
export function fieldErrors(problem: ProblemError | undefined): Partial<Record<string, string>> {
  return Object.fromEntries((problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
}

/** Answers the page of a refused form with the refusal's status. */
export function showRefused(
  c: AppContext,
  problem: ProblemError,
  page: HtmlEscapedString | Promise<HtmlEscapedString>,
) {
  if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
  return c.html(page, problems[problem.code].status as 400);
}
