import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { bodyLimitDetail } from '../errors.ts';
import { invalidRequest, OAuthError, oauthErrorHandler } from '../oauth/errors.ts';
import { readForm } from '../oauth/form.ts';

type BackchannelLogoutDeps = Pick<AppDeps, 'sso' | 'identityProvider' | 'ssoLog' | 'failureLog'>;

/**
 * Creates the route at which the identity provider reports that a member signed out there, which ends the member's sessions
 * here (OIDC Back-Channel Logout §2.5–2.8).
 */
export function backchannelLogoutRoutes({
  sso,
  identityProvider,
  ssoLog,
  failureLog,
}: BackchannelLogoutDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(oauthErrorHandler(failureLog));
  const limit = bodyLimit({
    maxSize: limits.maxBodyBytes,
    onError: () => {
      throw invalidRequest(bodyLimitDetail);
    },
  });
  return app.post('/sso/backchannel-logout', limit, async (c) => {
    if (sso === null || identityProvider === null) throw invalidRequest('Single sign-on is not configured.');
    const token = (await readForm(c)).require('logout_token');
    const logout = await identityProvider.readLogoutToken(token).catch((error: unknown) => {
      ssoLog.failed(c.get('requestId'), error);
      throw asOAuthError(error);
    });
    if (!(await sso.endByProvider(logout, c.get('clientInfo')))) {
      throw invalidRequest('The logout token was already used.');
    }
    return c.body(null, 200, { 'Cache-Control': 'no-store' });
  });
}

/** Tells the provider whether it should send the logout token again, and whether its operator or ours has to act. */
function asOAuthError(error: unknown): unknown {
  if (!(error instanceof ProblemError)) return error;
  if (error.code === 'sso-unavailable')
    return new OAuthError('temporarily_unavailable', error.message, { status: 503 });
  if (error.code === 'sso-misconfigured') return invalidRequest(`The logout token was not accepted. ${error.message}`);
  return invalidRequest('The logout token is not valid.');
}
