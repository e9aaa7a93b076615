import type { StartedSession } from '../../domain/sign-in/start-session.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { invalidRequest, OAuthError } from './errors.ts';
import { type ExchangeDeps, exchangeGrant, exchangeToken } from './exchange.ts';
import { type OAuthForm, publicClientId, readForm, requirePublicClient } from './form.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** The syntax of a code verifier (RFC 7636 §4.1). */
const codeVerifierPattern = /^[A-Za-z0-9._~-]{43,128}$/;

export type TokenEndpointDeps = Pick<AppDeps, 'authorizationCodes' | 'deviceFlow' | 'clock'> & ExchangeDeps;

/** Issues a session for an authorization code or an approved device code (RFC 6749 §3.2), or a token for an identity token. */
export async function issueToken(deps: TokenEndpointDeps, c: AppContext): Promise<Response> {
  const form = await readForm(c);
  if (form.get('grant_type') === exchangeGrant) return exchangeToken(deps, c, form);
  requirePublicClient(c, form);
  const { session, secret } = await grant(deps, c, form);
  const response = {
    access_token: secret.reveal(),
    token_type: 'Bearer',
    expires_in: Math.floor((session.expiresAt - deps.clock.now()) / 1000),
  };
  return c.json(response, 200, { 'Cache-Control': 'no-store' });
}

function grant(deps: TokenEndpointDeps, c: AppContext, form: OAuthForm): Promise<StartedSession> {
  switch (form.require('grant_type')) {
    case 'authorization_code':
      return redeemCode(deps, c, form);
    case deviceGrant:
      return pollDevice(deps, c, form);
    default:
      throw new OAuthError(
        'unsupported_grant_type',
        'This grant type is not supported. See /.well-known/oauth-authorization-server.',
      );
  }
}

async function redeemCode(
  { authorizationCodes }: TokenEndpointDeps,
  c: AppContext,
  form: OAuthForm,
): Promise<StartedSession> {
  const redemption = {
    clientId: publicClientId,
    code: form.require('code'),
    redirectUri: form.require('redirect_uri'),
    codeVerifier: form.require('code_verifier'),
  };
  if (!codeVerifierPattern.test(redemption.codeVerifier))
    throw invalidRequest('code_verifier is 43 to 128 unreserved characters.');
  const started = await authorizationCodes.redeem(redemption, c.get('clientInfo'));
  if (started === null) throw new OAuthError('invalid_grant', 'The code is wrong, expired or already used.');
  return started;
}

async function pollDevice({ deviceFlow }: TokenEndpointDeps, c: AppContext, form: OAuthForm): Promise<StartedSession> {
  const outcome = await deviceFlow.poll(form.require('device_code'), publicClientId, c.get('clientInfo'));
  if (typeof outcome === 'string') throw new OAuthError(outcome, '');
  return outcome;
}
