import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ProblemError } from '../../../shared/problem.ts';
import { type Caller, readsEverything, requireSuperuser } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { isBodyPending } from '../../http/middleware/access.ts';
import { isSafe, setCaller } from '../../http/middleware/session.ts';
import { isSameOrigin } from '../../http/same-origin.ts';
import { formTokenField, isFormToken, issueFormToken } from './form-token.ts';

/**
 * Who may use a page. `reader` is a superuser or an auditor. `file` is a static file: the server neither reads nor sets cookies for it.
 */
export type PageAccess = 'file' | 'anyone' | 'member' | 'reader' | 'superuser';

/** Access by method and path. A page that is missing from this table returns 404 to everyone. */
export const pageAccess: Readonly<Record<string, PageAccess>> = {
  'GET /': 'anyone',
  'GET /login': 'anyone',
  'POST /login': 'anyone',
  'GET /login/code': 'anyone',
  'POST /login/code': 'anyone',
  'POST /login/code/passkey': 'anyone',
  'POST /login/code/passkey/options': 'anyone',
  'POST /login/passkey': 'anyone',
  'POST /login/passkey/options': 'anyone',
  'GET /login/set-up': 'anyone',
  'POST /login/set-up': 'anyone',
  'POST /login/set-up/passkey': 'anyone',
  'POST /login/set-up/passkey/options': 'anyone',
  'GET /password/forgot': 'anyone',
  'POST /password/forgot': 'anyone',
  'GET /password/reset': 'anyone',
  'POST /password/reset': 'anyone',
  'GET /invitation': 'anyone',
  'POST /invitation': 'anyone',
  'GET /recover': 'anyone',
  'POST /recover': 'anyone',
  'GET /login/sso': 'anyone',
  'GET /login/sso/callback': 'anyone',
  'GET /logout': 'member',
  'POST /logout': 'member',
  'POST /profile/theme': 'member',
  'GET /overview': 'member',
  'POST /profile/search-key': 'member',
  'GET /search': 'member',
  'GET /profile': 'member',
  'GET /profile/confirm': 'member',
  'POST /profile/confirm': 'member',
  'POST /profile/confirm/options': 'member',
  'POST /profile/name': 'member',
  'POST /profile/email': 'member',
  'GET /profile/email/confirm': 'member',
  'POST /profile/email/confirm': 'member',
  'POST /profile/password': 'member',
  'POST /profile/sessions/end-others': 'member',
  'POST /profile/sessions/:id/end': 'member',
  'GET /profile/single-sign-on': 'member',
  'POST /profile/single-sign-on': 'member',
  'GET /profile/two-step': 'member',
  'POST /profile/two-step': 'member',
  'POST /profile/two-step/confirm': 'member',
  'POST /profile/two-step/disable': 'member',
  'POST /profile/two-step/recovery-codes': 'member',
  'GET /profile/passkeys': 'member',
  'POST /profile/passkeys': 'member',
  'POST /profile/passkeys/options': 'member',
  'POST /profile/passkeys/:id/rename': 'member',
  'POST /profile/passkeys/:id/remove': 'member',
  'GET /profile/activity': 'member',
  'GET /profile/api-tokens': 'member',
  'POST /profile/api-tokens': 'member',
  'GET /profile/api-tokens/selected': 'member',
  'POST /profile/api-tokens/selected': 'member',
  'GET /profile/api-tokens/new': 'member',
  'POST /profile/api-tokens/new': 'member',
  'GET /profile/api-tokens/:id': 'member',
  'POST /profile/api-tokens/:id/revoke': 'member',
  'POST /profile/api-tokens/:id/narrow': 'member',
  'POST /profile/api-tokens/:id/test': 'member',
  'POST /profile/api-tokens/:id/:action': 'member',
  'GET /organization/tokens': 'reader',
  'GET /organization/tokens.csv': 'reader',
  'GET /organization/tokens/selected': 'superuser',
  'POST /organization/tokens/selected': 'superuser',
  'GET /organization/team': 'reader',
  'GET /organization/team.csv': 'reader',
  'POST /organization/team': 'superuser',
  'POST /organization/team/invite': 'superuser',
  'GET /organization/team/:id': 'reader',
  'POST /organization/team/:id/edit': 'superuser',
  'POST /organization/team/:id/offboard': 'superuser',
  'POST /organization/team/:id/invitation-link': 'superuser',
  'POST /organization/team/:id/:action': 'superuser',
  'POST /organization/team/:id/tokens/:token/revoke': 'superuser',
  'POST /organization/team/:id/sessions/:session/end': 'superuser',
  'GET /organization/service-accounts': 'member',
  'POST /organization/service-accounts': 'superuser',
  'GET /organization/service-accounts/:id': 'member',
  'GET /organization/service-accounts/:id/selected': 'member',
  'POST /organization/service-accounts/:id/selected': 'member',
  'POST /organization/service-accounts/:id/edit': 'member',
  'POST /organization/service-accounts/:id/maintainers/add': 'member',
  'POST /organization/service-accounts/:id/maintainers/remove': 'member',
  'POST /organization/service-accounts/:id/tokens': 'member',
  'POST /organization/service-accounts/:id/keys': 'superuser',
  'POST /organization/service-accounts/:id/:action': 'superuser',
  'GET /organization/trusts': 'reader',
  'POST /organization/trusts': 'superuser',
  'GET /organization/trusts/:id': 'member',
  'POST /organization/trusts/:id/edit': 'superuser',
  'POST /organization/trusts/:id/delete': 'superuser',
  'GET /organization/apps': 'reader',
  'POST /organization/apps': 'superuser',
  'GET /organization/apps/:id': 'reader',
  'POST /organization/apps/:id/edit': 'superuser',
  'POST /organization/apps/:id/delete': 'superuser',
  'GET /organization/clients': 'reader',
  'POST /organization/clients': 'superuser',
  'GET /organization/clients/:id': 'reader',
  'POST /organization/clients/:id/edit': 'superuser',
  'POST /organization/clients/:id/rotate-secret': 'superuser',
  'POST /organization/clients/:id/delete': 'superuser',
  'GET /organization/webhooks': 'reader',
  'POST /organization/webhooks': 'superuser',
  'GET /organization/webhooks/:id': 'reader',
  'POST /organization/webhooks/:id/edit': 'superuser',
  'POST /organization/webhooks/:id/:action': 'superuser',
  'POST /organization/webhooks/:id/deliveries/:delivery/retry': 'superuser',
  'GET /organization/settings': 'reader',
  'POST /organization/settings/test-mail': 'superuser',
  'GET /organization/audit': 'reader',
  'GET /organization/audit/new.json': 'reader',
  'GET /organization/audit/:id': 'member',
  'GET /organization/audit.csv': 'reader',
  'GET /organization/audit.json': 'reader',
  'GET /oauth/authorize': 'member',
  'POST /oauth/authorize': 'member',
  'GET /device': 'member',
  'POST /device': 'member',
  'GET /device/approve': 'member',
  'POST /device/approve': 'member',
  'GET /assets/:file': 'file',
};

type AccessDeps = Pick<AppDeps, 'sessions' | 'sessionCookie' | 'serviceAccounts' | 'config'>;

/**
 * Returns the middleware in front of every page. It authenticates the session cookie, and accepts an unsafe method only from
 * our own pages and with their form token. Visitors are redirected to sign in and return to the page afterwards.
 * @throws ProblemError `superuser-required`, `cross-site`, `bad-request`, `form-expired`
 */
export function enforcePageAccess(deps: AccessDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
    const access = route && pageAccess[`${route.method} ${route.path}`];
    if (access === undefined) return c.notFound();
    if (access === 'file') return next();
    c.header('Cache-Control', 'no-store');
    c.set('formToken', issueFormToken(deps, c));
    if (!(await authenticate(deps, c, access))) return redirectToSignIn(c);
    const bodyWasPending = isBodyPending(c);
    if (!isSafe(c.req.method)) await requireOwnForm(deps, c);
    // Authenticates again after a slow body: in the meantime the session may have ended or the member been demoted.
    if (bodyWasPending && !(await authenticate(deps, c, access))) return redirectToSignIn(c);
    c.set('maintains', await maintainsAny(deps, c));
    requireRole(access, c.get('caller'));
    return next();
  };
}

/** @throws ProblemError `superuser-required` */
function requireRole(access: PageAccess, caller: Caller): void {
  const needsSuperuser = access === 'superuser' || (access === 'reader' && !readsEverything(caller));
  if (needsSuperuser) requireSuperuser(caller);
}

/** Makes the session's member the caller. Returns false if the page needs a session and there is no active one. */
async function authenticate(
  { sessions, sessionCookie }: AccessDeps,
  c: AppContext,
  access: PageAccess,
): Promise<boolean> {
  if (access === 'anyone') return true;
  const secret = sessionCookie.read(c);
  const found = secret === undefined ? null : await sessions.authenticate(secret);
  if (found === null) return false;
  setCaller(c, found, 'console');
  return true;
}

/** Reports whether the caller maintains a service account. Superusers and auditors see all of them anyway. */
async function maintainsAny({ serviceAccounts }: AccessDeps, c: AppContext): Promise<boolean> {
  // AppEnv declares the caller for every route, but it is undefined on pages for visitors.
  const caller: Caller | undefined = c.get('caller');
  if (caller === undefined || readsEverything(caller)) return false;
  return (await serviceAccounts.list(caller, { limit: 1, before: null })).length > 0;
}

function redirectToSignIn(c: AppContext): Response {
  const { pathname, search } = new URL(c.req.url);
  // A POST cannot be repeated after sign-in, so only the address of a GET is remembered.
  const query = c.req.method === 'GET' ? `?next=${encodeURIComponent(pathname + search)}` : '';
  return c.redirect(`/login${query}`, 303);
}

async function requireOwnForm({ config }: AccessDeps, c: AppContext): Promise<void> {
  if (!isSameOrigin(c, config.publicUrl)) {
    throw new ProblemError('cross-site', `This form was not sent from ${config.publicUrl}, so nothing was changed.`);
  }
  const form = await c.req.parseBody().catch(() => {
    throw new ProblemError('bad-request', 'The form could not be read. Go back and send it again.');
  });
  if (!isFormToken(form[formTokenField], c.get('formToken'))) {
    throw new ProblemError(
      'form-expired',
      'You signed in or out after opening this page, or your browser did not keep its cookies, so nothing was changed. Go back, reload the page, and send the form again.',
    );
  }
}
