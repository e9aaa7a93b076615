import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { invalidRequest, OAuthError, oauthErrorHandler } from '../oauth/errors.ts';
import { readForm } from '../oauth/form.ts';

/** OIDC Back-Channel Logout §2.5–2.8: the identity provider tells that somebody signed out there. */
export function backchannelLogoutRoutes({ sso, identityProvider, log }: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(oauthErrorHandler(log));
  const small = bodyLimit({
    maxSize: limits.bodyBytes,
    onError: () => {
      throw invalidRequest('The body is too large.');
    },
  });
  return app.post('/sso/backchannel-logout', small, async (c) => {
    if (sso === null || identityProvider === null)
      throw new OAuthError('invalid_request', 'There is no single sign-on.');
    const token = (await readForm(c)).require('logout_token');
    const logout = await identityProvider.readLogoutToken(token).catch(refuse);
    if (!(await sso.endByProvider(logout, c.get('clientInfo'))))
      throw invalidRequest('This logout token was used before.');
    return c.body(null, 200, { 'Cache-Control': 'no-store' });
  });
}

function refuse(error: unknown): never {
  if (error instanceof ProblemError && error.code === 'sso-unavailable') {
    throw new OAuthError('temporarily_unavailable', error.message, { status: 503 });
  }
  throw error instanceof ProblemError ? invalidRequest('This logout token is not valid.') : error;
}
