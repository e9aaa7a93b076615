import * as client from 'openid-client';
import type { SsoProblem } from '../provider.ts';
import type { Mistake } from './mistakes.ts';
import { misconfigured, quote, refused, unavailable } from './problems.ts';

/** How to correct the mistake behind an error of the provider. */
interface Correction {
  what: Mistake;
  remedy: string;
  setting?: string;
}

const useCodeFlow: Correction = {
  what: 'the identity provider does not let this server sign people in',
  remedy: 'Register the client in TOKENSD_OIDC_CLIENT_ID there for the authorization code flow',
  setting: 'TOKENSD_OIDC_CLIENT_ID',
};

const corrections: Readonly<Record<string, Correction>> = {
  unauthorized_client: useCodeFlow,
  unsupported_response_type: useCodeFlow,
  unsupported_grant_type: useCodeFlow,
  invalid_client: {
    what: 'the identity provider does not know this server',
    remedy: 'Set TOKENSD_OIDC_CLIENT_ID to the ID of the client there',
    setting: 'TOKENSD_OIDC_CLIENT_ID',
  },
  invalid_scope: {
    what: 'the identity provider does not allow a scope that this server asks for',
    remedy: 'Allow the scopes of this client there, or change TOKENSD_OIDC_SCOPES',
    setting: 'TOKENSD_OIDC_SCOPES',
  },
  consent_required: {
    what: "the identity provider's administrator has not approved this server",
    remedy: 'Ask an administrator there to consent to the scopes of this client for everyone',
  },
  server_error: {
    what: 'the identity provider fails to process the sign-in',
    remedy: 'Look for the cause in its log; most often, its registration of this client is incomplete',
  },
};

const otherCorrection: Correction = {
  what: "the identity provider rejects this server's requests",
  remedy: 'Compare the registration of the client there with the documentation of tokensd',
};

/** Errors after which the person can start again. */
const startAgain = ['login_required', 'interaction_required', 'account_selection_required'];

/**
 * Explains an error that the provider sent in the authorization response (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)
 * or in the token response (RFC 6749 §5.2).
 */
export function explainOAuthError(
  error: client.AuthorizationResponseError | client.ResponseBodyError,
  { redirectUri, secrets }: { redirectUri: string; secrets: readonly string[] },
): SsoProblem {
  const said = `The identity provider returned ${wordsOf(error, secrets)}.`;
  if (error.error === 'temporarily_unavailable') return unavailable({ message: said, cause: error });
  if (error.error === 'access_denied') {
    const detail =
      'Your identity provider did not let you in: the sign-in was not approved. Start again, or ask its administrator for access.';
    return refused({ message: said, cause: error }, detail);
  }
  if (error.error === 'invalid_grant') {
    const message = `${said} If every sign-in ends like this, check that the redirect URI registered there is exactly ${redirectUri}.`;
    return refused({ message, cause: error });
  }
  if (startAgain.includes(error.error)) return refused({ message: said, cause: error });
  const { what, remedy, setting } = corrections[error.error] ?? otherCorrection;
  return misconfigured(what, { message: `${said} ${remedy}.`, ...(setting && { setting }), cause: error });
}

/** Returns the error code and the description that the provider sent, for the log. Some providers repeat what they received. */
export function wordsOf(error: unknown, secrets: readonly string[] = []): string {
  if (error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError) {
    const [code = '', description] = [error.error, error.error_description].map((text) => without(secrets, text));
    return description === undefined ? quote(code) : `${quote(code)} (${quote(description)})`;
  }
  if (error instanceof client.WWWAuthenticateChallengeError) return `HTTP ${error.status}`;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Response ? `HTTP ${cause.status}` : 'an unexpected response';
}

function without(secrets: readonly string[], text: string | undefined): string | undefined {
  return secrets.reduce((rest, secret) => rest?.replaceAll(secret, '[secret]'), text);
}
