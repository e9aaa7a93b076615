import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { ProxyVariables } from '../../../shared/proxy.ts';
import { type Resolve, systemResolve } from '../../checked-lookup.ts';
import type { Clock } from '../../domain/clock.ts';
import { ExchangeError, unacceptable } from '../../domain/machines/exchange/exchange-error.ts';
import {
  clockToleranceSeconds,
  type SubjectClaims,
  type SubjectTokens,
  type UnverifiedToken,
} from '../../domain/machines/exchange/subject-token.ts';
import { signingAlgorithms } from '../keys.ts';
import { createLimitedFetch } from '../provider-fetch.ts';
import { createIssuerKeys, type KeySet } from './issuer-keys.ts';

const maxTokenCharacters = 16 * 1024;
const notJwt = 'The subject token is not a signed JWT.';

interface SubjectTokensDeps {
  clock: Clock;
  proxy: ProxyVariables;
  resolve?: Resolve;
}

/** Creates the verification of subject tokens with the keys that issuers publish. */
export function createSubjectTokens({ clock, proxy, resolve = systemResolve }: SubjectTokensDeps): SubjectTokens {
  const sendAnywhere = createLimitedFetch(proxy);
  const sendToPublic = createLimitedFetch(proxy, { onlyPublic: resolve });
  const issuerKeys = createIssuerKeys({ clock });
  return {
    read: readSubjectToken,
    async verify(token, { mayBeInternal }) {
      const send = mayBeInternal ? sendAnywhere : sendToPublic;
      const keys = await issuerKeys.of(token.issuer, headerOf(token.text).kid, send);
      const claims = await verifyWith(keys, token, clock.now()).catch((error: unknown) => {
        throw explain(error);
      });
      return requireTimes(claims, clock.now());
    },
  };
}

/** Reads a token without verifying it. @throws ExchangeError if no trust could ever accept it */
function readSubjectToken(text: string): UnverifiedToken {
  if (text.length > maxTokenCharacters) throw unacceptable('The subject token is too long.');
  const { alg, typ, crit } = headerOf(text);
  if (typeof alg !== 'string' || !signingAlgorithms.includes(alg)) {
    throw unacceptable('The subject token is signed with an algorithm that is not accepted.');
  }
  // Reject access tokens and logout tokens: they are JWTs of the same issuers, but mean something else (RFC 8725 §3.11).
  if (typ !== undefined && !/^(application\/)?jwt$/i.test(String(typ))) {
    throw unacceptable('The subject token is not an identity token, as its header typ says.');
  }
  if (crit !== undefined) throw unacceptable('The header crit of the subject token is not supported.');
  const { iss } = payloadOf(text);
  if (typeof iss !== 'string' || iss === '') throw unacceptable('The subject token has no issuer (claim iss).');
  return { text, issuer: iss };
}

function headerOf(text: string) {
  try {
    return decodeProtectedHeader(text);
  } catch {
    throw unacceptable(notJwt);
  }
}

function payloadOf(text: string): JWTPayload {
  try {
    return decodeJwt(text);
  } catch {
    throw unacceptable(notJwt);
  }
}

/** Verifies with the key that the token names, or tries every key that fits. Headers with keys or addresses of keys are ignored. */
async function verifyWith(keys: KeySet, { text, issuer }: UnverifiedToken, now: number): Promise<JWTPayload> {
  const options = {
    algorithms: signingAlgorithms,
    issuer,
    clockTolerance: clockToleranceSeconds,
    currentDate: new Date(now),
    requiredClaims: ['exp'],
  };
  try {
    return (await jwtVerify(text, createLocalJWKSet(keys), options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(text, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** jose checks `exp` and `nbf`, but not whether a token was issued in the future. */
function requireTimes(claims: JWTPayload, now: number): SubjectClaims {
  const { exp, iat } = claims;
  if (typeof exp !== 'number') throw unacceptable('The subject token has no expiry (claim exp).');
  if (iat !== undefined && !(iat <= now / 1000 + clockToleranceSeconds)) {
    throw unacceptable('The subject token was issued in the future (claim iat).');
  }
  return { ...claims, exp };
}

function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return unacceptable('The subject token has expired (claim exp).');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    if (claim === 'nbf') return unacceptable('The subject token is not valid yet (claim nbf).');
    return unacceptable(`The claim ${claim} of the subject token is missing or invalid.`);
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return unacceptable(notJwt);
  const noKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
  if (noKey || error instanceof errors.JOSEAlgNotAllowed) {
    return unacceptable('The issuer has not signed the subject token with one of its keys.');
  }
  const description = 'The keys of the issuer of the subject token cannot be used.';
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ExchangeError('temporarily_unavailable', description, { retryAfter: 60, reason });
}
