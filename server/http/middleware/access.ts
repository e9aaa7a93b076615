import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { isKey, readsEverything, requireSuperuser } from '../../domain/caller.ts';
import type { AppContext, AppEnv } from '../context.ts';
import { notFound } from '../errors.ts';
import { authenticateReporter, type ReporterDeps } from '../leaks/reporter.ts';
import { type MonitoringDeps, requireMonitoring } from './monitoring.ts';
import { scopeTable } from './scopes.ts';
import { authenticateOperator, isSafe, type OperatorDeps } from './session.ts';
import { authenticateToken, type TokenDeps } from './token.ts';

/**
 * What a request must present to use a route.
 *
 * - `anyone`: nothing
 * - `monitoring`: a direct connection from a loopback or trusted address
 * - `session`: a member's session, or a management key with the scope of the route in `scopeTable`
 * - `superuser`: a superuser's session, or such a key
 * - `reader`: a superuser's or an auditor's session, or such a key
 * - `token`: a token, which reads, rotates or revokes itself
 * - `reporter`: an OAuth client that may report leaked values, or a management key with the scope of the route. A signature of the body may
 *   replace both, which the route then checks
 */
export type Access = 'anyone' | 'monitoring' | 'session' | 'superuser' | 'reader' | 'token' | 'reporter';

/**
 * The access level of every Hono route outside the console, which enforces its own. A request for a route that is missing
 * here gets a 404.
 */
export const accessTable: Readonly<Record<string, Access>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'monitoring',
  'GET /openapi.json': 'anyone',
  'GET /schemas/organization.json': 'anyone',
  'GET /api/v1/openapi.json': 'anyone',
  'ALL /api-token-auth': 'anyone',
  'ALL /api-token-auth/': 'anyone',
  'POST /api/v1/sessions': 'anyone',
  'GET /api/v1/sessions': 'session',
  'GET /api/v1/sessions/current': 'session',
  'DELETE /api/v1/sessions/current': 'session',
  'POST /api/v1/sessions/current/confirm': 'session',
  'DELETE /api/v1/sessions/others': 'session',
  'DELETE /api/v1/sessions/:id': 'session',
  'GET /api/v1/me': 'session',
  'PUT /api/v1/me/password': 'session',
  'DELETE /api/v1/me/tokens': 'session',
  'GET /api/v1/me/totp': 'session',
  'POST /api/v1/me/totp': 'session',
  'POST /api/v1/me/totp/confirm': 'session',
  'POST /api/v1/me/totp/disable': 'session',
  'POST /api/v1/me/totp/recovery-codes': 'session',
  'GET /api/v1/me/passkeys': 'session',
  'PATCH /api/v1/me/passkeys/:id': 'session',
  'DELETE /api/v1/me/passkeys/:id': 'session',
  'GET /api/v1/users/:id/passkeys': 'reader',
  'GET /api/v1/users/:id/sessions': 'reader',
  'DELETE /api/v1/users/:id/sessions': 'superuser',
  'DELETE /api/v1/users/:id/sessions/:session': 'superuser',
  'DELETE /api/v1/users/:id': 'superuser',
  'POST /api/v1/users/:id/invitation': 'superuser',
  'POST /api/v1/users/:id/offboard': 'superuser',
  'POST /api/v1/users/:id/invitation-link': 'superuser',
  'POST /api/v1/users/:id/erase': 'superuser',
  'DELETE /api/v1/users/:id/totp': 'superuser',
  'DELETE /api/v1/users/:id/identity': 'superuser',
  'GET /api/v1/tokens': 'session',
  'POST /api/v1/tokens': 'session',
  'POST /api/v1/tokens/statuses': 'session',
  'POST /api/v1/tokens/revoke': 'session',
  'POST /api/v1/tokens/pause': 'session',
  'POST /api/v1/tokens/resume': 'session',
  'GET /api/v1/tokens/:id': 'session',
  'DELETE /api/v1/tokens/:id': 'session',
  'GET /api/v1/tokens/:id/usage': 'session',
  'GET /api/v1/tokens/:id/suggestion': 'session',
  'POST /api/v1/tokens/:id/test': 'session',
  'PATCH /api/v1/tokens/:id': 'session',
  'POST /api/v1/tokens/:id/rotate': 'session',
  'DELETE /api/v1/tokens/:id/previous': 'session',
  'POST /api/v1/tokens/:id/transfer': 'session',
  'POST /api/v1/tokens/:id/pause': 'session',
  'POST /api/v1/tokens/:id/resume': 'session',
  'GET /api/v1/token': 'token',
  'POST /api/v1/token/rotate': 'token',
  'DELETE /api/v1/token': 'token',
  'GET /api/v1/users': 'reader',
  'POST /api/v1/users': 'superuser',
  'GET /api/v1/users/:id': 'reader',
  'GET /api/v1/users/:id/data': 'session',
  'PATCH /api/v1/users/:id': 'superuser',
  'DELETE /api/v1/users/:id/tokens': 'superuser',
  'GET /api/v1/reports/tokens': 'reader',
  'GET /api/v1/audit': 'session',
  'GET /api/v1/clients': 'reader',
  'POST /api/v1/clients': 'superuser',
  'GET /api/v1/clients/:id': 'reader',
  'PATCH /api/v1/clients/:id': 'superuser',
  'POST /api/v1/clients/:id/secret': 'superuser',
  'DELETE /api/v1/clients/:id': 'superuser',
  'GET /api/v1/service-accounts': 'session',
  'POST /api/v1/service-accounts': 'superuser',
  'GET /api/v1/service-accounts/:id': 'session',
  'PATCH /api/v1/service-accounts/:id': 'session',
  'DELETE /api/v1/service-accounts/:id': 'superuser',
  'GET /api/v1/apps': 'session',
  'POST /api/v1/apps': 'superuser',
  'GET /api/v1/apps/:id': 'session',
  'PATCH /api/v1/apps/:id': 'superuser',
  'DELETE /api/v1/apps/:id': 'superuser',
  'GET /api/v1/trusts': 'session',
  'POST /api/v1/trusts': 'superuser',
  'GET /api/v1/trusts/:id': 'session',
  'PATCH /api/v1/trusts/:id': 'superuser',
  'DELETE /api/v1/trusts/:id': 'superuser',
  'GET /api/v1/webhooks': 'reader',
  'POST /api/v1/webhooks': 'superuser',
  'GET /api/v1/webhooks/:id': 'reader',
  'PATCH /api/v1/webhooks/:id': 'superuser',
  'DELETE /api/v1/webhooks/:id': 'superuser',
  'POST /api/v1/webhooks/:id/test': 'superuser',
  'POST /api/v1/webhooks/:id/secret': 'superuser',
  'GET /api/v1/webhooks/:id/deliveries': 'reader',
  'POST /api/v1/webhooks/:id/deliveries/:delivery/retry': 'superuser',
  'GET /.well-known/oauth-authorization-server': 'anyone',
  'POST /oauth/revoke': 'anyone',
  'POST /oauth/device_authorization': 'anyone',
  'POST /oauth/token': 'anyone',
  'POST /sso/backchannel-logout': 'anyone',
  'POST /leaks/verify': 'reporter',
  'POST /leaks/report': 'reporter',
};

/** The dependencies of all access checks. */
export type AccessDeps = MonitoringDeps & OperatorDeps & TokenDeps & ReporterDeps;

/** Returns middleware that authenticates each request and rejects it if it lacks the access level of its route. */
export function enforceAccess(deps: AccessDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await enforce(deps, c);
    return next();
  };
}

/**
 * Returns middleware that waits until the whole body has arrived and then checks access again. Without the second check
 * a client could pass the first one, hold its body back until its session ends or its member is disabled or demoted, or until its
 * management key is revoked or loses the scope, and still be served. A token could rotate itself from a network that its rules no longer have.
 */
export function enforceAccessAfterBody(deps: AccessDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const isAuthenticated = [c.get('operator'), c.get('presentedToken'), c.get('reporter')].some(Boolean);
    if (isAuthenticated && isBodyPending(c)) {
      await c.req.arrayBuffer();
      await enforce(deps, c);
    }
    return next();
  };
}

/** Reports whether the body of an unsafe request may still be arriving. */
export function isBodyPending(c: AppContext): boolean {
  return !isSafe(c.req.method) && c.env?.incoming?.complete !== true;
}

async function enforce(deps: AccessDeps, c: AppContext): Promise<void> {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith('*'));
  if (route === undefined) return;
  const key = `${route.method} ${route.path}`;
  switch (accessTable[key]) {
    case 'anyone':
      return;
    case 'monitoring':
      return requireMonitoring(deps, c);
    case 'session':
      return authenticateOperator(deps, c, scopeTable[key]);
    case 'superuser': {
      await authenticateOperator(deps, c, scopeTable[key]);
      const operator = c.get('operator');
      return isKey(operator) ? undefined : requireSuperuser(operator);
    }
    case 'reader': {
      await authenticateOperator(deps, c, scopeTable[key]);
      const operator = c.get('operator');
      return readsEverything(operator) ? undefined : requireSuperuser(operator);
    }
    case 'token':
      return authenticateToken(deps, c);
    case 'reporter':
      return authenticateReporter(deps, c, scopeTable[key]);
    default:
      throw notFound();
  }
}
