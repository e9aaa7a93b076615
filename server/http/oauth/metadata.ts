import type { AppContext, AppDeps } from '../context.ts';
import { exchangeGrant } from './exchange.ts';
import { deviceGrant } from './token.ts';

/**
 * Returns the authorization server metadata (RFC 8414) with three extensions of ours. `sso_login_endpoint` is the URL at which
 * a browser starts single sign-on directly, without the sign-in page. `password_sign_in` says who may sign in with a
 * password: `true`, `superusers` or `false`. `token_prefixes` lists the product prefixes of new values, for secret scanners.
 */
export function describeServer(
  { config, passwordPolicy }: Pick<AppDeps, 'config' | 'passwordPolicy'>,
  c: AppContext,
): Response {
  const urlOf = (path: string) => `${config.publicUrl}${path}`;
  const clientAuthMethods = ['client_secret_basic', 'client_secret_post'];
  return c.json({
    issuer: config.publicUrl,
    authorization_endpoint: urlOf('/oauth/authorize'),
    token_endpoint: urlOf('/oauth/token'),
    device_authorization_endpoint: urlOf('/oauth/device_authorization'),
    introspection_endpoint: urlOf('/oauth/introspect'),
    revocation_endpoint: urlOf('/oauth/revoke'),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', deviceGrant, exchangeGrant],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint_auth_methods_supported: clientAuthMethods,
    revocation_endpoint_auth_methods_supported: clientAuthMethods,
    authorization_response_iss_parameter_supported: true,
    password_sign_in: passwordPolicy.signIn,
    token_prefixes: [config.tokenPrefix],
    ...(config.oidc !== null && { sso_login_endpoint: urlOf('/login/sso') }),
  });
}
