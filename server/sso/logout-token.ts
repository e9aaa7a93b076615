import { errors, type JWTPayload } from 'jose';
import { logoutTokenLifeMs, type ProviderLogout, providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { findProblem, refused } from './failures/problems.ts';
import { explainToken } from './failures/signed-token.ts';
import type { KeySet } from './keys.ts';

interface Expected {
  issuer: string;
  clientId: string;
}

/** Verifies a logout token (OpenID Connect Back-Channel Logout §2.6). @throws SsoProblem */
export async function readLogoutToken(
  token: string,
  keys: KeySet,
  { issuer, clientId }: Expected,
): Promise<ProviderLogout> {
  try {
    const payload = await keys.verify(token, {
      issuer,
      audience: clientId,
      maxTokenAge: logoutTokenLifeMs / 1000,
      clockTolerance: providerSkewMs / 1000,
      requiredClaims: ['iat', 'jti', 'events'],
    });
    return toLogout(payload, issuer);
  } catch (error) {
    throw findProblem(error) ?? explain(error, clientId);
  }
}

/**
 * A token with a valid signature comes from the provider, so its mistakes belong to the set-up. A token without one can come from
 * anybody.
 */
function explain(error: unknown, clientId: string): unknown {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return explainToken(error, {}, clientId);
  }
  if (!(error instanceof errors.JOSEError)) return error;
  const message = 'A logout token was rejected, because the identity provider has not signed it.';
  return refused({ message, cause: error });
}

function toLogout({ sub, sid, jti, events, nonce }: JWTPayload, issuer: string): ProviderLogout {
  const isLogout =
    typeof events === 'object' &&
    events !== null &&
    'http://schemas.openid.net/event/backchannel-logout' in events &&
    nonce === undefined;
  const [subject, session] = [sub, sid].map((value) => (typeof value === 'string' ? value : null));
  if (!isLogout || jti === undefined || (!subject && !session)) {
    throw refused({
      message: 'A token that was sent as a logout token is not one: its events, nonce, sub or sid do not fit.',
    });
  }
  return { issuer, subject: subject ?? null, sid: session ?? null, jti };
}
