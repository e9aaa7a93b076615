import { publicClientId } from '../../http/oauth/form.ts';

/** What a program asks for at the authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  redirectUri: string;
  codeChallenge: string;
  state: string | undefined;
}

/** `page`: whom to lead back to is not known, so it is told here; `redirect`: the program is told. */
export type ReadRequest =
  | { kind: 'good'; request: AuthorizationRequest }
  | { kind: 'page'; detail: string }
  | { kind: 'redirect'; to: string };

/** The parameters that the page's form sends along. */
export const authorizationParameters = [
  'client_id',
  'redirect_uri',
  'response_type',
  'code_challenge',
  'code_challenge_method',
  'state',
] as const;

/** Checks a request in the order of RFC 6749 §4.1.2.1: nothing is ever sent to an address that was not checked. */
export function readAuthorizationRequest(
  get: (name: (typeof authorizationParameters)[number]) => string | undefined,
  issuer: string,
): ReadRequest {
  const redirectUri = get('redirect_uri') ?? '';
  if (get('client_id') !== publicClientId) return { kind: 'page', detail: 'This program is not known here.' };
  if (!isLoopbackRedirect(redirectUri)) {
    return { kind: 'page', detail: 'This program wants the answer at an address that is not on this machine.' };
  }
  const state = get('state');
  const refuse = (error: string, description: string): ReadRequest => ({
    kind: 'redirect',
    to: answerTo({ redirectUri, state }, issuer, { error, error_description: description }),
  });
  if (get('response_type') !== 'code') return refuse('unsupported_response_type', 'response_type is code.');
  const codeChallenge = get('code_challenge') ?? '';
  if (get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(codeChallenge)) {
    return refuse('invalid_request', 'Send a code_challenge with code_challenge_method=S256.');
  }
  return { kind: 'good', request: { redirectUri, codeChallenge, state } };
}

/** RFC 8252 §7.3: a loopback address, never a name, and any port. */
export function isLoopbackRedirect(uri: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}\/[\w/.-]*$/.test(uri) && URL.canParse(uri);
}

/** The address that an answer is sent to, with who sends it (RFC 9207). */
export function answerTo(
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  issuer: string,
  answer: Record<string, string>,
): string {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss: issuer }).toString();
  return url.href;
}
