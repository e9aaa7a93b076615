import * as client from 'openid-client';
import type { Config, OidcConfig } from '../config/config.ts';
import { readPerson } from './claims/person.ts';
import { createDiscovery, type Discovered } from './discovery.ts';
import { createExchange, type SignedIn } from './exchange.ts';
import { createKeySet, type KeySet } from './keys.ts';
import type { LastContact } from './last-contact.ts';
import { readLogoutToken } from './logout-token.ts';
import { callbackPath, type IdentityProvider, statePrefixes } from './provider.ts';
import { createProviderFetch } from './provider-fetch.ts';

/** Maximum length of an ID token in an address. Many servers reject request lines of more than 8 KiB. */
const maxHintLength = 6 * 1024;

type OidcSettings = Pick<Config, 'publicUrl' | 'proxy'> & { oidc: OidcConfig };

/**
 * Creates an OpenID Connect provider: authorization code with PKCE, state and nonce, through openid-client. It is not
 * contacted before the first sign-in.
 */
export function createOidcProvider(
  { oidc: config, publicUrl, proxy }: OidcSettings,
  contact?: Pick<LastContact, 'record'>,
): IdentityProvider {
  const redirectUri = publicUrl + callbackPath;
  const send = createProviderFetch(proxy);
  const discovery = createDiscovery(config, send, contact?.record);
  const keys = createKeys(send);
  const exchange = createExchange({ config, redirectUri, keys });

  return {
    async begin(purpose = 'sign-in') {
      const discovered = await discovery.refresh();
      const pending = {
        state: statePrefixes[purpose] + client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(await discovered.configure(client.None()), {
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
        // The default, which some providers nevertheless want to be told.
        ...(discovered.metadata.response_modes_supported?.includes('query') && { response_mode: 'query' }),
        // Some providers know one of them only. With max_age, the ID token says when they asked (OIDC Core §3.1.2.1).
        ...(purpose === 'confirm' && { prompt: 'login', max_age: '0' }),
      });
      return { url: url.href, pending };
    },

    async finish(query, pending) {
      const signedIn = await exchange(await discovery.cached(), query, pending);
      return { person: readPerson(signedIn, config), idToken: signedIn.token, authenticatedAt: readAuthTime(signedIn) };
    },

    async logoutUrl(idToken) {
      const discovered = await discovery.cached().catch(() => null);
      if (!discovered?.metadata.end_session_endpoint) return null;
      const fits = idToken !== null && idToken.length <= maxHintLength;
      return client.buildEndSessionUrl(await discovered.configure(client.None()), {
        post_logout_redirect_uri: `${publicUrl}/login`,
        ...(fits && { id_token_hint: idToken }),
      }).href;
    },

    async readLogoutToken(token) {
      const discovered = await discovery.cached();
      const expected = { issuer: discovered.metadata.issuer, clientId: config.clientId };
      return readLogoutToken(token, keys(discovered), expected);
    },
  };
}

/** Returns when the provider asked for a proof, from the verified ID token (OIDC Core §2), or null if it does not say. */
function readAuthTime({ idToken: { auth_time: seconds } }: Pick<SignedIn, 'idToken'>): number | null {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : null;
}

/** Returns a function that returns the provider's keys. ID tokens and logout tokens share them. */
function createKeys(send: typeof fetch): (discovered: Discovered) => KeySet {
  let current: { uri: string; keys: KeySet } | undefined;
  return ({ metadata: { jwks_uri: uri = '' } }) => {
    if (current?.uri !== uri) current = { uri, keys: createKeySet(uri, send) };
    return current.keys;
  };
}
