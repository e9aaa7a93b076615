import { parseUrl } from '../../../../shared/urls.ts';
import { publicClientId } from '../../../http/oauth/form.ts';

/** The parameters of an authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  redirectUri: string;
  codeChallenge: string;
  state: string | undefined;
}

/**
 * The outcome of validating a request. `show-error`: the client is unknown or its redirect URI is not allowed, so this
 * server shows the error itself. `redirect-error`: the error is sent to the redirect URI.
 */
export type AuthorizationRequestResult =
  | { kind: 'valid'; request: AuthorizationRequest }
  | { kind: 'show-error'; detail: string }
  | { kind: 'redirect-error'; url: string };

/** Names of the request's parameters. The approval form posts them again. */
export const authorizationParameters = [
  'client_id',
  'redirect_uri',
  'response_type',
  'code_challenge',
  'code_challenge_method',
  'state',
] as const;

/**
 * Validates a request in the order of RFC 6749 §4.1.2.1: first the client and its redirect URI, then everything else.
 * An error is sent to the redirect URI only after that URI has been validated.
 */
export function readAuthorizationRequest(
  get: (name: (typeof authorizationParameters)[number]) => string | undefined,
  issuer: string,
): AuthorizationRequestResult {
  const redirectUri = get('redirect_uri') ?? '';
  if (get('client_id') !== publicClientId) {
    return { kind: 'show-error', detail: 'The program that opened this page is not known here.' };
  }
  if (!isLoopbackRedirect(redirectUri)) {
    return { kind: 'show-error', detail: 'The program that opened this page does not run on this computer.' };
  }
  const state = get('state');
  const reject = (error: string, description: string): AuthorizationRequestResult => ({
    kind: 'redirect-error',
    url: responseUrl({ redirectUri, state }, issuer, { error, error_description: description }),
  });
  if (get('response_type') !== 'code') return reject('unsupported_response_type', 'Send response_type=code.');
  const codeChallenge = get('code_challenge') ?? '';
  if (get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(codeChallenge)) {
    return reject('invalid_request', 'Send a code_challenge with code_challenge_method=S256.');
  }
  return { kind: 'valid', request: { redirectUri, codeChallenge, state } };
}

/** Reports whether the URI is http on a literal loopback IP address, with any port (RFC 8252 §7.3). */
export function isLoopbackRedirect(uri: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}\/[\w/.-]*$/.test(uri) && parseUrl(uri) !== null;
}

/** Returns the redirect URI with the response's parameters, `state`, and the issuer (RFC 9207). */
export function responseUrl(
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  issuer: string,
  parameters: Record<string, string>,
): string {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ ...parameters, ...(state !== undefined && { state }), iss: issuer }).toString();
  return url.href;
}
