import type { AuthorizationServer } from 'oauth4webapi';
import { isLoopback, parseUrl } from '../../shared/urls.ts';
import { isObject, notTokensd, readResponse } from '../api/responses.ts';
import { localError } from '../errors.ts';
import type { Server } from '../session/server-url.ts';

/** The public OAuth client that every daemon knows. */
export const client = { client_id: 'tokens' } as const;

/** The daemon's OAuth endpoints (RFC 8414). The browser uses the authorization endpoint, this program the others. */
export interface SignInServer extends AuthorizationServer {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint: string;
  /** Where a browser starts single sign-on. Null if the daemon has no identity provider. */
  readonly ssoLogin: string | null;
  /** True if members sign in through the identity provider only. An older daemon does not say so. */
  readonly refusesPasswords: boolean;
}

/**
 * Reads the daemon's OAuth metadata. The issuer may be another address of the same daemon, its public URL. This program
 * still sends its requests to the address that it was given, because a session goes only to the server that issued it.
 */
export async function discover(send: typeof fetch, server: Server): Promise<SignInServer> {
  const { status, body } = await readResponse(send(`${server.url}/.well-known/oauth-authorization-server`));
  if (status !== 200 || !isObject(body)) throw notTokensd();
  const { issuer, authorization_endpoint: authorize, sso_login_endpoint: sso } = body;
  if (typeof issuer !== 'string' || typeof authorize !== 'string') throw notTokensd();
  return {
    issuer,
    authorization_endpoint: requireBrowsable(authorize, server),
    token_endpoint: `${server.url}/oauth/token`,
    device_authorization_endpoint: `${server.url}/oauth/device_authorization`,
    authorization_response_iss_parameter_supported: true,
    refusesPasswords: body.password_sign_in === 'false',
    ssoLogin: typeof sso === 'string' ? requireBrowsable(sso, server) : null,
  };
}

/** Reports whether the daemon refuses passwords. Returns false if its metadata cannot be read. */
export async function refusesPasswords(send: typeof fetch, server: Server): Promise<boolean> {
  return discover(send, server).then(
    (as) => as.refusesPasswords,
    () => false,
  );
}

/**
 * Returns `address` if a browser may be sent to it: HTTPS, this machine, or the server for which plain HTTP was accepted.
 * @throws CliError `insecure-server` for other addresses.
 */
export function requireBrowsable(address: string, server: Server): string {
  const url = parseUrl(address);
  const isAcceptedHttp =
    url?.protocol === 'http:' && (isLoopback(url.hostname) || url.host === new URL(server.url).host);
  if (url?.protocol === 'https:' || isAcceptedHttp) return address;
  throw localError(
    'insecure-server',
    'The server sends browsers to an address without HTTPS. Ask its operator to set TOKENSD_PUBLIC_URL.',
  );
}
