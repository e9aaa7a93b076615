import { setTimeout as delay } from 'node:timers/promises';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';

/** Algorithms with a public key. A shared secret (HS256) or no signature proves nothing to us. */
export const signingAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Minimum time between two requests for the keys, because unauthenticated clients can trigger them with made-up key IDs. */
const minIntervalMs = 1_000;

/** The provider's signing keys. */
export interface KeySet {
  /**
   * Verifies a JWT. If no known key fits, fetches the keys once more, because the provider may have published the key a
   * moment ago. @throws JOSEError, SsoProblem
   */
  verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload>;
  /** Fetches the keys now. Returns them as they were published. */
  reload(): Promise<object[]>;
}

export function createKeySet(jwksUri: string, send: typeof fetch): KeySet {
  let next = 0;
  const spaced: typeof fetch = async (input, init) => {
    const waitMs = next - performance.now();
    next = Math.max(next, performance.now()) + minIntervalMs;
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    return send(input, init);
  };
  // The interval above takes the place of the library's cooldown, which would reject new keys for 30 seconds.
  const keys = createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: 0, [customFetch]: spaced });
  return {
    async verify(token, options) {
      const checks = { algorithms: signingAlgorithms, ...options };
      try {
        return (await jwtVerify(token, keys, checks)).payload;
      } catch (error) {
        if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithAny(token, error, checks);
        throw error;
      }
    },
    async reload() {
      await keys.reload();
      return keys.jwks()?.keys ?? [];
    },
  };
}

/** Tries every key that fits a token without a key ID. */
async function verifyWithAny(token: string, candidates: errors.JWKSMultipleMatchingKeys, options: JWTVerifyOptions) {
  let failure: unknown = candidates;
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      failure = error;
    }
  }
  throw failure;
}
