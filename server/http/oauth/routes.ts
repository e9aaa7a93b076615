import { Hono } from 'hono';
import type { AppDeps, AppEnv } from '../context.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { authorizeDevice } from './device-authorization.ts';
import { bodyTooLarge, oauthErrorHandler } from './errors.ts';
import { describeServer } from './metadata.ts';
import { revoke } from './revoke.ts';
import { issueToken } from './token.ts';

/**
 * OAuth 2.0 for services that revoke tokens, and for our own command line. Introspection stands in front of the framework;
 * the page at /oauth/authorize is the console's.
 */
export function oauthRoutes(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(oauthErrorHandler(deps.log));
  const small = limitBody(() => {
    throw bodyTooLarge();
  });
  return app
    .get('/.well-known/oauth-authorization-server', (c) => describeServer(deps, c))
    .post('/oauth/revoke', small, (c) => revoke(deps, c))
    .post('/oauth/device_authorization', small, (c) => authorizeDevice(deps, c))
    .post('/oauth/token', small, (c) => issueToken(deps, c));
}
