import * as client from 'openid-client';
import type { OidcConfig } from '../../config/config.ts';
import { rejectsClient } from '../client-auth.ts';
import type { SsoProblem } from '../provider.ts';
import { explainOAuthError, wordsOf } from './oauth-errors.ts';
import { findProblem, misconfigured, refused } from './problems.ts';
import { explainToken } from './signed-token.ts';

/** The settings of this installation that the explanations name. */
export interface Installation extends Pick<OidcConfig, 'clientId' | 'clientSecret'> {
  redirectUri: string;
  /** Values that must not reach the log. */
  secrets: readonly string[];
}

/**
 * Explains why a sign-in could not be completed. A wrong response that the browser brought back may be right after a new start.
 * The token endpoint's response came over our own connection to the provider, so its mistakes belong to the set-up.
 */
export function explainSignIn(error: unknown, installation: Installation): SsoProblem {
  const known = findProblem(error);
  if (known !== null) return known;
  if (error instanceof client.AuthorizationResponseError) return explainOAuthError(error, installation);
  const details = detailsOf(error);
  if (isAboutCallback(error, details)) return explainCallback(error, details);
  if (rejectsClient(error)) return clientRejected(error, installation);
  if (error instanceof client.ResponseBodyError) return explainOAuthError(error, installation);
  return explainToken(error, details, installation.clientId) ?? unusable(error, details);
}

/** Explains why the token endpoint does not accept this client. */
export function clientRejected(cause: unknown, { clientId, clientSecret, secrets }: Installation): SsoProblem {
  const said = `The identity provider does not accept client ${clientId}: it returned ${wordsOf(cause, secrets)}.`;
  const setting = 'TOKENSD_OIDC_CLIENT_SECRET';
  if (clientSecret === null) {
    const message = `${said} Set TOKENSD_OIDC_CLIENT_SECRET, or register the client there as a public one.`;
    return misconfigured('the identity provider requires a client secret', { message, setting, cause });
  }
  const message = `${said} If TOKENSD_OIDC_CLIENT_ID is right, create a new secret there and set it as TOKENSD_OIDC_CLIENT_SECRET; secrets of many providers expire.`;
  return misconfigured('the identity provider does not accept its client ID or secret', { message, setting, cause });
}

export type Details = Readonly<Record<string, unknown>>;

/**
 * Returns the details that the library attached to its error, such as the expected value: the first cause that is a plain object.
 */
function detailsOf(error: unknown): Details {
  let found = error;
  while (found instanceof Error) found = found.cause;
  return typeof found === 'object' && found !== null && !(found instanceof Response) ? { ...found } : {};
}

function isAboutCallback(error: unknown, { parameters }: Details): boolean {
  return parameters instanceof URLSearchParams || /authorization code|implicit and hybrid/.test(innerMessage(error));
}

/** Explains an authorization response that the library rejected, for example because of RFC 9207 or its state. */
function explainCallback(cause: unknown, { parameters, expected }: Details): SsoProblem {
  const issuer = parameters instanceof URLSearchParams ? parameters.get('iss') : null;
  if (/"iss" \(issuer\) missing/.test(innerMessage(cause))) {
    const message =
      'The identity provider announces authorization_response_iss_parameter_supported, but its response has no iss parameter. Correct the provider, or whatever removes the parameter on the way.';
    return misconfigured("the identity provider's response is incomplete", { message, cause });
  }
  if (issuer !== null && typeof expected === 'string' && /"iss"/.test(innerMessage(cause))) {
    const message = `The sign-in came back from the issuer ${issuer}, but it was sent to ${expected}, so it was rejected (RFC 9207).`;
    return refused({ message, cause });
  }
  return refused({ message: `The sign-in came back with an unusable response: ${innerMessage(cause)}.`, cause });
}

function unusable(cause: unknown, { body }: Details): SsoProblem {
  const hasIdToken = typeof body === 'object' && body !== null && 'id_token' in body;
  if (body !== undefined && !hasIdToken) return noIdToken(cause);
  const message = `The token endpoint of the identity provider returned ${wordsOf(cause)}, which is not a token response: ${innerMessage(cause)}. Check the provider and any proxy in front of it.`;
  return misconfigured('the token endpoint of the identity provider returns an unexpected response', {
    message,
    cause,
  });
}

/** Returns the problem for a provider that speaks OAuth 2.0 but not OpenID Connect. */
export function noIdToken(cause?: unknown): SsoProblem {
  const message =
    'The token endpoint of the identity provider returned no ID token. Check that TOKENSD_OIDC_ISSUER is an OpenID Connect provider, and that the client there may use the scope openid.';
  return misconfigured('the identity provider returns no ID token', {
    message,
    setting: 'TOKENSD_OIDC_ISSUER',
    cause,
  });
}

/** Returns the message of the innermost error. The libraries' messages contain no values. */
function innerMessage(error: unknown): string {
  let message = '';
  for (let found = error; found instanceof Error; found = found.cause) message = found.message;
  return message;
}
