import type { ErrorHandler } from 'hono';
import { problems } from '../../shared/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../http/context.ts';
import { asProblem, logUnexpected } from '../http/errors.ts';
import { ErrorPage } from './pages/error.tsx';

/** Shows whatever a page throws as a page. */
export function pageErrorHandler({ log, config }: AppDeps): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = asProblem(error);
    logUnexpected(log, c.get('requestId'), problem, error);
    const { status, title } = problems[problem.code];
    if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
    c.header('Cache-Control', 'no-store');
    const page = <ErrorPage c={c} organization={config.organization} title={title} detail={problem.message} />;
    return c.html(page, status as 400);
  };
}

/** The page for an address where nothing is. */
export function notFoundPage(c: AppContext, organization: string | null): Response | Promise<Response> {
  const detail = 'There is nothing at this address.';
  return c.html(<ErrorPage c={c} organization={organization} title="Page not found" detail={detail} />, 404);
}
