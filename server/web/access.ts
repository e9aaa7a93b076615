import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ProblemError } from '../../shared/problem.ts';
import { requireSuperuser } from '../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../http/context.ts';
import { admit, isSafe } from '../http/middleware/session.ts';
import { isSameOrigin } from '../http/same-origin.ts';
import { createSessionCookie } from '../http/session-cookie.ts';
import { formTokenField, isFormToken, issueFormToken } from './form-token.ts';

export type PageAccess = 'anyone' | 'member' | 'superuser';

/** Who may see and send what. A page that is not in this table answers nobody. */
export const pageAccess: Readonly<Record<string, PageAccess>> = {
  'GET /': 'anyone',
  'GET /login': 'anyone',
  'POST /login': 'anyone',
  'GET /logout': 'member',
  'POST /logout': 'member',
  'GET /assets/:file': 'anyone',
};

/**
 * Stands in front of every page: the member's session from the cookie, and for whatever changes something a request from
 * our own pages with the form's token. Strangers are asked to sign in and then come back.
 */
export function enforcePageAccess(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'));
    const access = route && pageAccess[`${route.method} ${route.path}`];
    if (access === undefined) throw new ProblemError('not-found', 'There is no such page.');
    c.set('formToken', issueFormToken(c, deps.config.publicUrl));
    if (access !== 'anyone' && !(await signedIn(deps, c))) return askToSignIn(c);
    if (!isSafe(c.req.method)) await requireOwnForm(deps, c);
    if (access === 'superuser') requireSuperuser(c.get('caller'));
    await next();
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  };
}

async function signedIn({ sessions, config }: AppDeps, c: AppContext): Promise<boolean> {
  const secret = createSessionCookie(config.publicUrl).read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) return false;
  admit(c, found, 'console');
  return true;
}

function askToSignIn(c: AppContext): Response {
  const { pathname, search } = new URL(c.req.url);
  const wanted = c.req.method === 'GET' ? `?next=${encodeURIComponent(pathname + search)}` : '';
  return c.redirect(`/login${wanted}`, 303);
}

async function requireOwnForm({ config }: AppDeps, c: AppContext): Promise<void> {
  const form = isSameOrigin(c, config.publicUrl) ? await c.req.parseBody() : {};
  if (!isFormToken(form[formTokenField], c.get('formToken'))) {
    throw new ProblemError(
      'cross-site',
      'This form did not come from this page, or the page is old. Go back, reload it and try again.',
    );
  }
}
