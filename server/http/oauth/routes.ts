import { Hono } from 'hono';
import { limits } from '../../../shared/limits.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { authorizeDevice } from './device-authorization.ts';
import { OAuthError, oauthErrorHandler } from './errors.ts';
import { introspect } from './introspect.ts';
import { describeServer } from './metadata.ts';
import { revoke } from './revoke.ts';
import { issueToken } from './token.ts';

/** OAuth 2.0 for services that ask about tokens, and for our own command line. The page at /oauth/authorize is the console's. */
export function oauthRoutes(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(oauthErrorHandler(deps.log));
  const small = limitBody(() => {
    throw new OAuthError('invalid_request', `A body is at most ${limits.bodyBytes / 1024} KiB.`, { status: 413 });
  });
  return app
    .get('/.well-known/oauth-authorization-server', (c) => describeServer(deps, c))
    .post('/oauth/introspect', small, (c) => introspect(deps, c))
    .post('/oauth/revoke', small, (c) => revoke(deps, c))
    .post('/oauth/device_authorization', small, (c) => authorizeDevice(deps, c))
    .post('/oauth/token', small, (c) => issueToken(deps, c));
}
