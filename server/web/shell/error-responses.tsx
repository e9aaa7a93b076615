import type { ErrorHandler } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { asProblem, logUnexpected } from '../../http/errors.ts';
import { ErrorPage } from './error-page.tsx';

type Organization = AppDeps['config']['organization'];

/** Shows whatever a page throws as a page. */
export function pageErrorHandler({ log, config }: AppDeps): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = asProblem(error);
    logUnexpected(log, c.get('requestId'), problem, error);
    return errorPage(c, config.organization, problem);
  };
}

/** The page for an address where nothing is. */
export function notFoundPage(c: AppContext, organization: Organization) {
  return errorPage(c, organization, new ProblemError('not-found', 'There is nothing at this address.'));
}

/** The page for a method that the address does not have. */
export function methodNotAllowedPage(c: AppContext, organization: Organization, methods: string[]) {
  c.header('Allow', methods.join(', '));
  return errorPage(c, organization, new ProblemError('method-not-allowed', 'This address cannot be used in that way.'));
}

function errorPage(c: AppContext, organization: Organization, problem: ProblemError): Response | Promise<Response> {
  const { status, title } = problems[problem.code];
  if (problem.retryAfter !== undefined) c.header('Retry-After', String(problem.retryAfter));
  c.header('Cache-Control', 'no-store');
  return c.html(<ErrorPage c={c} organization={organization} title={title} detail={problem.message} />, status as 400);
}
