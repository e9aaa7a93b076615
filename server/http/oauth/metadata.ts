import type { AppContext, AppDeps } from '../context.ts';
import { deviceGrant } from './token.ts';

/** RFC 8414. `sso_login_endpoint` is ours: where a browser is sent to sign in through the identity provider at once. */
export function describeServer({ config }: AppDeps, c: AppContext): Response {
  const at = (path: string) => `${config.publicUrl}${path}`;
  const forServices = ['client_secret_basic', 'client_secret_post'];
  return c.json({
    issuer: config.publicUrl,
    authorization_endpoint: at('/oauth/authorize'),
    token_endpoint: at('/oauth/token'),
    device_authorization_endpoint: at('/oauth/device_authorization'),
    introspection_endpoint: at('/oauth/introspect'),
    revocation_endpoint: at('/oauth/revoke'),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', deviceGrant],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    introspection_endpoint_auth_methods_supported: forServices,
    revocation_endpoint_auth_methods_supported: forServices,
    authorization_response_iss_parameter_supported: true,
    ...(config.oidc !== null && { sso_login_endpoint: at('/login/sso') }),
  });
}
