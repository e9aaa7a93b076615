import { errors } from 'jose';
import type { SsoProblem } from '../provider.ts';
import { misconfigured, quote, refused } from './problems.ts';

type Details = Readonly<Record<string, unknown>>;

/**
 * Explains why a token that the provider signed was not accepted, from the error of openid-client (with its `details`) or
 * of jose. Returns null for other errors.
 */
export function explainToken(error: unknown, details: Details, clientId: string): SsoProblem | null {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return explainClaim(error, error.claim, error.payload, clientId);
  }
  if (error instanceof errors.JOSEError) return explainSignature(error);
  const { header, alg, claims, claim, expected } = details;
  const algorithm = alg ?? (isObject(header) ? header.alg : undefined);
  if (algorithm !== undefined) return wrongAlgorithm(algorithm, Array.isArray(expected) ? expected : null, error);
  if (error instanceof Error && /JWE/.test(String(error.cause))) return encrypted(error);
  if (!isObject(claims)) return null;
  return explainClaim(error, typeof claim === 'string' ? claim : missingClaim(error), claims, clientId, expected);
}

function isObject(value: unknown): value is Details {
  return typeof value === 'object' && value !== null;
}

/** Explains a token that is not signed with a public key that the provider announces. */
export function wrongAlgorithm(algorithm: unknown, announced: readonly unknown[] | null, cause?: unknown): SsoProblem {
  const what = 'the identity provider does not sign in the way that this server needs';
  const list = announced === null ? 'lists no id_token_signing_alg_values_supported' : `lists ${announced.join(', ')}`;
  const isAsymmetric = /^(RS|PS|ES|Ed)/.test(String(algorithm));
  const message = isAsymmetric
    ? `The identity provider signs ID tokens with ${quote(algorithm)}, but its discovery document ${list}. Correct id_token_signing_alg_values_supported there, or sign with RS256.`
    : `The identity provider signs ID tokens with ${quote(algorithm)}, which has no public key. Change the client's ID token signing algorithm there to an asymmetric one, such as RS256 (id_token_signed_response_alg).`;
  return misconfigured(what, { message, cause });
}

function encrypted(cause: unknown): SsoProblem {
  const message =
    'The identity provider encrypts ID tokens, and tokensd has no key to decrypt them. Turn off ID token encryption for the client there.';
  return misconfigured('the identity provider encrypts its ID tokens', { message, cause });
}

function explainSignature(cause: errors.JOSEError): SsoProblem {
  const why =
    cause instanceof errors.JWKSNoMatchingKey
      ? 'is signed with a key that its jwks_uri does not list'
      : `cannot be verified with the keys at its jwks_uri (${cause.code}: ${cause.message})`;
  const message = `A token of the identity provider ${why}. Check the provider's keys, and that TOKENSD_OIDC_ISSUER is the right one.`;
  return misconfigured("the identity provider's signature cannot be verified", {
    message,
    setting: 'TOKENSD_OIDC_ISSUER',
    cause,
  });
}

function explainClaim(
  cause: unknown,
  claim: string,
  claims: Details,
  clientId: string,
  expected?: unknown,
): SsoProblem {
  const value = claims[claim];
  if (claim === 'nonce' && value !== undefined) {
    return refused({ message: "The ID token's nonce is not the one of this sign-in.", cause });
  }
  if (['exp', 'nbf', 'iat'].includes(claim) && typeof value === 'number') return clocksDiffer(claim, value, cause);
  const found = value === undefined ? 'is missing' : `is ${quote(value)}`;
  const wanted = claim === 'aud' ? clientId : expected;
  const setting = { aud: 'TOKENSD_OIDC_CLIENT_ID', iss: 'TOKENSD_OIDC_ISSUER' }[claim];
  const comparison = typeof wanted === 'string' ? `, but tokensd expects ${quote(wanted)}` : '';
  const remedy = setting === undefined ? 'Correct the provider' : `Correct the provider, or ${setting}`;
  const message = `The ${claim} claim in a token of the identity provider ${found}${comparison}. ${remedy}.`;
  const diagnosis = { message, ...(setting && { setting }), cause };
  return misconfigured("the identity provider's token does not fit the settings of this server", diagnosis);
}

function missingClaim(error: unknown): string {
  const message = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return /JWT "(\w+)"/.exec(message)?.[1] ?? 'sub';
}

/** Explains a token from the future or from too long ago. The log line's own time is this server's clock. */
function clocksDiffer(claim: string, seconds: number, cause: unknown): SsoProblem {
  const time = new Date(seconds * 1000).toISOString();
  const how = claim === 'exp' ? `expired at ${time}` : `is not valid before ${time}`;
  const message = `A token of the identity provider ${how} (${claim}) by the clock of this server, so the two clocks differ by more than a minute. Correct the clock of this server or of the provider.`;
  return misconfigured('its clock and the clock of the identity provider differ', { message, cause });
}
