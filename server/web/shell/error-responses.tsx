import type { ErrorHandler } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { asProblem } from '../../http/errors.ts';
import { ErrorPage } from './error-page.tsx';

/** Turns an error thrown by a page's handler into an error page, and logs it if it was unexpected. */
export function pageErrorHandler({ failureLog }: Pick<AppDeps, 'failureLog'>): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = asProblem(error);
    failureLog.failed({ id: c.get('requestId'), method: c.req.method }, problem, error);
    return renderErrorPage(c, problem);
  };
}

/** Returns the error page for an unknown path. */
export function notFoundPage(c: AppContext) {
  return renderErrorPage(c, new ProblemError('not-found', 'There is no page at this address.'));
}

/** Returns the error page for a method that the path does not support. `methods` lists those that it does. */
export function methodNotAllowedPage(c: AppContext, methods: string[]) {
  c.header('Allow', methods.join(', '));
  return renderErrorPage(c, new ProblemError('method-not-allowed', 'This page does not support that request method.'));
}

function renderErrorPage(c: AppContext, problem: ProblemError): Response | Promise<Response> {
  const { status, title } = problems[problem.code];
  if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
  c.header('Cache-Control', 'no-store');
  const atOtherAddress = problem.code === 'cross-site' || problem.code === 'form-expired';
  return c.render(<ErrorPage title={title} detail={problem.message} atOtherAddress={atOtherAddress} />, status as 400);
}
