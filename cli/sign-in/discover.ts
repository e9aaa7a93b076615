import type { AuthorizationServer } from 'oauth4webapi';
import { isLoopback } from '../../shared/loopback.ts';
import { isObject, notTokensd, receive } from '../api/unwrap.ts';
import { localError } from '../errors.ts';
import type { Server } from '../session/server-url.ts';

/** The one public client of every daemon. */
export const client = { client_id: 'tokens' } as const;

/** Where a browser is sent, and what this program itself asks (RFC 8414). */
export interface SignInServer extends AuthorizationServer {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint: string;
  /** Where a browser signs in through the identity provider at once; null: the daemon knows none. */
  readonly ssoLogin: string | null;
}

/**
 * Reads the daemon's metadata. Its issuer may be another address of the same daemon (its public one), so what this program
 * asks is asked at the address it was given: a session goes only to the server that issued it.
 */
export async function discover(send: typeof fetch, server: Server): Promise<SignInServer> {
  const { status, body } = await receive(send(`${server.url}/.well-known/oauth-authorization-server`));
  if (status !== 200 || !isObject(body)) throw notTokensd();
  const { issuer, authorization_endpoint: authorize, sso_login_endpoint: sso } = body;
  if (typeof issuer !== 'string' || typeof authorize !== 'string') throw notTokensd();
  return {
    issuer,
    authorization_endpoint: requireBrowsable(authorize, server),
    token_endpoint: `${server.url}/oauth/token`,
    device_authorization_endpoint: `${server.url}/oauth/device_authorization`,
    authorization_response_iss_parameter_supported: true,
    ssoLogin: typeof sso === 'string' ? requireBrowsable(sso, server) : null,
  };
}

/** An address that a browser may be sent to: https, this machine, or the server that plain http was accepted for. */
export function requireBrowsable(address: string, server: Server): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  const plain = url?.protocol === 'http:' && (isLoopback(url.hostname) || url.host === server.host);
  if (url?.protocol === 'https:' || plain) return address;
  throw localError(
    'insecure-server',
    'The server sends browsers to an address that is not https. Ask its administrator to set TOKENSD_PUBLIC_URL.',
  );
}
