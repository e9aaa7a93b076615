import { decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import type { OidcConfig } from '../config/config.ts';
import { providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { createClientAuthentication } from './client-auth.ts';
import type { Discovered } from './discovery.ts';
import { explainSignIn, noIdToken } from './failures/sign-in.ts';
import { wrongAlgorithm } from './failures/signed-token.ts';
import { type KeySet, signingAlgorithms } from './keys.ts';
import type { PendingSignIn } from './provider.ts';
import { fetchUserInfo, type UserInfo } from './user-info.ts';

/** The provider's claims about the person who signed in. */
export interface SignedIn extends UserInfo {
  /** The verified ID token, and its claims. */
  token: string;
  idToken: Record<string, unknown> & { iss: string; sub: string };
}

export interface ExchangeDeps {
  config: OidcConfig;
  redirectUri: string;
  keys: (discovered: Discovered) => KeySet;
}

/** Age up to which an ID token is accepted. Its real limit is `exp`; with this limit, jose also rejects a future `iat`. */
const maxIdTokenAge = '1 day';

/** Returns a function that exchanges an authorization code for the claims about a person. The function throws `SsoProblem`. */
export function createExchange({ config, redirectUri, keys }: ExchangeDeps) {
  const authentication = createClientAuthentication(config);

  return async (discovered: Discovered, query: string, pending: PendingSignIn): Promise<SignedIn> => {
    try {
      const granted = await authentication.attempt(discovered.metadata, async (auth) =>
        client.authorizationCodeGrant(await discovered.configure(auth), new URL(redirectUri + query), {
          pkceCodeVerifier: pending.codeVerifier,
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          idTokenExpected: true,
        }),
      );
      const [token, idToken] = [granted.id_token, granted.claims()];
      if (token === undefined || idToken === undefined) throw noIdToken();
      await verifySignature(token, keys(discovered));
      return { token, idToken, ...(await fetchUserInfo(discovered, granted.access_token, idToken.sub)) };
    } catch (error) {
      const secrets = [config.clientSecret ?? '', new URLSearchParams(query).get('code') ?? ''].filter(Boolean);
      throw explainSignIn(error, { ...config, redirectUri, secrets });
    }
  };
}

/**
 * Verifies the ID token's signature and times. openid-client has checked the other claims; it would check the signature too,
 * but with keys that it does not fetch again within a minute.
 */
async function verifySignature(token: string, keys: KeySet): Promise<void> {
  const { alg } = decodeProtectedHeader(token);
  if (!signingAlgorithms.includes(alg ?? '')) throw wrongAlgorithm(alg, null);
  await keys.verify(token, { clockTolerance: providerSkewMs / 1000, maxTokenAge: maxIdTokenAge });
}
