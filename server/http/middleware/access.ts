import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ProblemError } from '../../../shared/problem.ts';
import { requireSuperuser } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../context.ts';
import { requireMonitoring } from './monitoring.ts';
import { authenticateSession, isSafe } from './session.ts';
import { authenticateToken } from './token.ts';

/** `token`: a personal API token, about itself. `superuser`: a superuser's session. `monitoring`: a peer nearby. */
export type Access = 'anyone' | 'monitoring' | 'session' | 'superuser' | 'token';

/** Who may call what. A route that is not in this table answers nobody. */
export const accessTable: Readonly<Record<string, Access>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'monitoring',
  'GET /openapi.json': 'anyone',
  'GET /api/v1/openapi.json': 'anyone',
  'ALL /api-token-auth': 'anyone',
  'ALL /api-token-auth/': 'anyone',
  'POST /api/v1/sessions': 'anyone',
  'GET /api/v1/sessions/current': 'session',
  'DELETE /api/v1/sessions/current': 'session',
  'GET /api/v1/me': 'session',
  'PUT /api/v1/me/password': 'session',
  'GET /api/v1/me/totp': 'session',
  'POST /api/v1/me/totp': 'session',
  'POST /api/v1/me/totp/confirm': 'session',
  'POST /api/v1/me/totp/disable': 'session',
  'POST /api/v1/me/totp/recovery-codes': 'session',
  'DELETE /api/v1/users/:id/totp': 'superuser',
  'GET /api/v1/tokens': 'session',
  'POST /api/v1/tokens': 'session',
  'GET /api/v1/tokens/:id': 'session',
  'DELETE /api/v1/tokens/:id': 'session',
  'GET /api/v1/token': 'token',
  'DELETE /api/v1/token': 'token',
  'GET /api/v1/users': 'superuser',
  'POST /api/v1/users': 'superuser',
  'GET /api/v1/users/:id': 'superuser',
  'PATCH /api/v1/users/:id': 'superuser',
  'DELETE /api/v1/users/:id/tokens': 'superuser',
  'GET /api/v1/audit': 'session',
  'GET /api/v1/clients': 'superuser',
  'POST /api/v1/clients': 'superuser',
  'POST /api/v1/clients/:id/secret': 'superuser',
  'DELETE /api/v1/clients/:id': 'superuser',
  'GET /.well-known/oauth-authorization-server': 'anyone',
  'POST /oauth/revoke': 'anyone',
  'POST /oauth/device_authorization': 'anyone',
  'POST /oauth/token': 'anyone',
  'POST /sso/backchannel-logout': 'anyone',
};

/** Stands in front of every route and lets through whom the table names. */
export function enforceAccess(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await enforce(deps, c);
    return next();
  };
}

/**
 * Asks once more when a body came later than its head. Who held it back until their session had ended, or until they were
 * disabled or demoted, would otherwise still be taken for who they were.
 */
export function enforceAccessAfterBody(deps: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.get('caller') !== undefined && mayBeHeldBack(c)) {
      await c.req.arrayBuffer();
      await enforce(deps, c);
    }
    return next();
  };
}

/** Whether a request that changes something is not all here yet. */
export function mayBeHeldBack(c: AppContext): boolean {
  return !isSafe(c.req.method) && c.env?.incoming?.complete !== true;
}

async function enforce(deps: AppDeps, c: AppContext): Promise<void> {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith('*'));
  if (route === undefined) return;
  switch (accessTable[`${route.method} ${route.path}`]) {
    case 'anyone':
      return;
    case 'monitoring':
      return requireMonitoring(deps, c);
    case 'session':
      return authenticateSession(deps, c);
    case 'superuser':
      await authenticateSession(deps, c);
      return requireSuperuser(c.get('caller'));
    case 'token':
      return authenticateToken(deps, c);
    default:
      throw new ProblemError('not-found', 'There is nothing at this path.');
  }
}
