import type * as client from 'openid-client';
import { count } from '../../shared/count.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../domain/clock.ts';
import { providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { checkClient } from './check-client.ts';
import { type Discovered, discover, discoveryUrl } from './discovery.ts';
import { createKeySet, signingAlgorithms } from './keys.ts';
import { callbackPath, SsoProblem } from './provider.ts';
import { failedCheck, type ProviderCheck } from './provider-check.ts';
import { createProviderFetch } from './provider-fetch.ts';

/**
 * Compares the single sign-on settings with the identity provider: discovery, signing algorithms, keys, client
 * authentication and clock. Changes nothing on either side, and signs nobody in. Returns nothing if single sign-on is off.
 */
export async function checkIdentityProvider(
  { oidc, proxy, publicUrl }: Pick<Config, 'oidc' | 'proxy' | 'publicUrl'>,
  clock: Clock,
): Promise<ProviderCheck[]> {
  if (oidc === null) return [];
  const send = createProviderFetch(proxy);
  try {
    const discovered = await discover(oidc, send);
    const { metadata, date } = discovered;
    const clocks = checkClock(date, clock.now());
    const [keys, authentication] = await Promise.all([
      checkKeys(discovered, send),
      checkClient(discovered, { ...oidc, redirectUri: publicUrl + callbackPath }),
    ]);
    return [
      { name: 'sso discovery', state: 'ok', detail: `${discoveryUrl(new URL(oidc.issuer)).href} is valid.` },
      checkIssuer(metadata),
      checkFlow(metadata),
      checkSigning(metadata),
      keys,
      authentication,
      clocks,
    ];
  } catch (error) {
    return [failedCheck('sso discovery', error)];
  }
}

/** Discovery has already rejected another issuer. Microsoft's shared endpoints announce a placeholder. */
function checkIssuer({ issuer }: client.ServerMetadata): ProviderCheck {
  const name = 'sso issuer';
  if (!issuer.includes('{tenantid}')) return { name, state: 'ok', detail: `The issuer is ${issuer}.` };
  const detail = `TOKENSD_OIDC_ISSUER accepts people of every Microsoft tenant (${issuer}). Put the ID of your own tenant in its place.`;
  return { name, state: 'warning', detail, setting: 'TOKENSD_OIDC_ISSUER' };
}

function checkFlow({
  response_types_supported: types,
  response_modes_supported: modes,
}: client.ServerMetadata): ProviderCheck {
  const name = 'sso flow';
  if (types !== undefined && !types.includes('code')) {
    return { name, state: 'failed', detail: `The provider offers ${types.join(', ')} and not the response type code.` };
  }
  if (modes !== undefined && !modes.includes('query')) {
    const detail = `The provider offers the response modes ${modes.join(', ')} and not query, which tokensd needs.`;
    return { name, state: 'failed', detail };
  }
  return { name, state: 'ok', detail: 'The provider offers the authorization code flow.' };
}

function checkSigning({ id_token_signing_alg_values_supported: listed }: client.ServerMetadata): ProviderCheck {
  const name = 'sso signing';
  if (listed === undefined) {
    const detail =
      'The provider lists no id_token_signing_alg_values_supported, so only RS256 is accepted. Add the list there if it signs otherwise.';
    return { name, state: 'warning', detail };
  }
  const usable = listed.filter((algorithm) => signingAlgorithms.includes(algorithm));
  if (usable.length > 0) return { name, state: 'ok', detail: `The provider signs with ${usable.join(', ')}.` };
  const detail = `The provider signs ID tokens only with ${listed.join(', ')}. Set it to an asymmetric algorithm, such as RS256.`;
  return { name, state: 'failed', detail };
}

async function checkKeys({ metadata }: Discovered, send: typeof fetch): Promise<ProviderCheck> {
  const name = 'sso keys';
  const jwksUri = metadata.jwks_uri ?? '';
  try {
    const keys = (await createKeySet(jwksUri, send).reload()).filter(isSigningKey);
    if (keys.length > 0) {
      return { name, state: 'ok', detail: `${jwksUri} has ${count(keys.length, 'usable signing key')}.` };
    }
    return { name, state: 'failed', detail: `${jwksUri} lists no public key for signatures. Correct the provider.` };
  } catch (error) {
    if (error instanceof SsoProblem) return failedCheck(name, error);
    return { name, state: 'failed', detail: `${jwksUri} is not a set of keys (JWKS). Correct the provider.` };
  }
}

function isSigningKey(key: { kty?: string; use?: string }): boolean {
  return ['RSA', 'EC', 'OKP'].includes(key.kty ?? '') && (key.use === undefined || key.use === 'sig');
}

function checkClock(theirs: number | null, ours: number): ProviderCheck {
  const name = 'sso clock';
  if (theirs === null) return { name, state: 'ok', detail: 'The provider does not tell its time.' };
  const ahead = Math.round((theirs - ours) / 1000);
  // Tolerate a small difference: the header has whole seconds, and the response took a moment to arrive.
  if (Math.abs(ahead) <= 2) return { name, state: 'ok', detail: "The provider's clock agrees with this server's." };
  const state = Math.abs(ahead) * 1000 > providerSkewMs ? 'failed' : 'warning';
  const how = `${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} this server's`;
  const detail = `The provider's clock is ${how}; ${providerSkewMs / 1000} seconds are accepted. Synchronize both clocks.`;
  return { name, state, detail };
}
