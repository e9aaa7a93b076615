import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ProblemError } from '../../../shared/problem.ts';
import { requireSuperuser } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { isBodyPending } from '../../http/middleware/access.ts';
import { isSafe, setCaller } from '../../http/middleware/session.ts';
import { isSameOrigin } from '../../http/same-origin.ts';
import { formTokenField, isFormToken, issueFormToken } from './form-token.ts';

/** `file`: the same bytes for everybody, so nothing of the visitor is read and no cookie is set. */
export type PageAccess = 'file' | 'anyone' | 'member' | 'superuser';

/** Who may see and send what. A page that is not in this table answers nobody. */
export const pageAccess: Readonly<Record<string, PageAccess>> = {
  'GET /': 'anyone',
  'GET /login': 'anyone',
  'POST /login': 'anyone',
  'GET /login/code': 'anyone',
  'POST /login/code': 'anyone',
  'GET /login/set-up': 'anyone',
  'POST /login/set-up': 'anyone',
  'GET /password/forgot': 'anyone',
  'POST /password/forgot': 'anyone',
  'GET /password/reset': 'anyone',
  'POST /password/reset': 'anyone',
  'GET /login/sso': 'anyone',
  'GET /login/sso/callback': 'anyone',
  'GET /logout': 'member',
  'POST /logout': 'member',
  'GET /profile': 'member',
  'POST /profile/password': 'member',
  'POST /profile/sessions/end-others': 'member',
  'POST /profile/sessions/:id/end': 'member',
  'GET /profile/two-step': 'member',
  'POST /profile/two-step': 'member',
  'POST /profile/two-step/confirm': 'member',
  'POST /profile/two-step/disable': 'member',
  'POST /profile/two-step/recovery-codes': 'member',
  'GET /profile/api-tokens': 'member',
  'POST /profile/api-tokens': 'member',
  'POST /profile/api-tokens/:id/revoke': 'member',
  'GET /organization/team': 'superuser',
  'POST /organization/team': 'superuser',
  'GET /organization/team/:id': 'superuser',
  'POST /organization/team/:id/:action': 'superuser',
  'POST /organization/team/:id/tokens/:token/revoke': 'superuser',
  'GET /organization/audit': 'superuser',
  'GET /organization/audit.csv': 'superuser',
  'GET /organization/audit.json': 'superuser',
  'GET /oauth/authorize': 'member',
  'POST /oauth/authorize': 'member',
  'GET /device': 'member',
  'POST /device': 'member',
  'GET /device/approve': 'member',
  'POST /device/approve': 'member',
  'GET /assets/:file': 'file',
};

/**
 * Stands in front of every page: the member's session from the cookie, and for whatever changes something a request from
 * our own pages with the form's token. Strangers are asked to sign in and then come back.
 */
export function enforcePageAccess(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
    const access = route && pageAccess[`${route.method} ${route.path}`];
    if (access === undefined) return c.notFound();
    if (access === 'file') return next();
    c.header('Cache-Control', 'no-store');
    c.set('formToken', issueFormToken(deps, c));
    if (!(await isAdmitted(deps, c, access))) return askToSignIn(c);
    const held = isBodyPending(c);
    if (!isSafe(c.req.method)) await requireOwnForm(deps, c);
    // The form is here only now: the session may have ended, or its member been demoted, meanwhile.
    if (held && !(await isAdmitted(deps, c, access))) return askToSignIn(c);
    if (access === 'superuser') requireSuperuser(c.get('caller'));
    return next();
  };
}

async function isAdmitted({ sessions, sessionCookie }: AppDeps, c: AppContext, access: PageAccess): Promise<boolean> {
  if (access === 'anyone') return true;
  const secret = sessionCookie.read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) return false;
  setCaller(c, found, 'console');
  return true;
}

function askToSignIn(c: AppContext): Response {
  const { pathname, search } = new URL(c.req.url);
  const wanted = c.req.method === 'GET' ? `?next=${encodeURIComponent(pathname + search)}` : '';
  return c.redirect(`/login${wanted}`, 303);
}

async function requireOwnForm({ config }: AppDeps, c: AppContext): Promise<void> {
  if (!isSameOrigin(c, config.publicUrl)) {
    throw new ProblemError('cross-site', 'This form was sent from another site. Nothing was changed.');
  }
  const form = await c.req.parseBody().catch(() => {
    throw new ProblemError('bad-request', 'The form could not be read.');
  });
  if (!isFormToken(form[formTokenField], c.get('formToken'))) {
    throw new ProblemError(
      'form-expired',
      'You signed in or out after this page was opened. Nothing was changed. Go back, reload the page and send it again.',
    );
  }
}
