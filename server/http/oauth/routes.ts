import { Hono } from 'hono';
import type { AppDeps, AppEnv } from '../context.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { authorizeDevice, type DeviceAuthorizationDeps } from './device-authorization.ts';
import { bodyTooLarge, oauthErrorHandler } from './errors.ts';
import { describeServer } from './metadata.ts';
import { type RevokeDeps, revoke } from './revoke.ts';
import { issueToken, type TokenEndpointDeps } from './token.ts';

type OAuthDeps = DeviceAuthorizationDeps &
  RevokeDeps &
  TokenEndpointDeps &
  Pick<AppDeps, 'failureLog' | 'passwordPolicy'>;

/**
 * Creates the OAuth 2.0 routes. OAuth clients revoke tokens through them, and the CLI signs in. Two endpoints are
 * elsewhere: a plain Node handler serves introspection, and the console serves the page at /oauth/authorize.
 */
export function oauthRoutes(deps: OAuthDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(oauthErrorHandler(deps.failureLog));
  const limit = limitBody(() => {
    throw bodyTooLarge();
  });
  return app
    .get('/.well-known/oauth-authorization-server', (c) => describeServer(deps, c))
    .post('/oauth/revoke', limit, (c) => revoke(deps, c))
    .post('/oauth/device_authorization', limit, (c) => authorizeDevice(deps, c))
    .post('/oauth/token', limit, (c) => issueToken(deps, c));
}
