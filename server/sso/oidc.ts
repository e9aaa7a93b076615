import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { isLoopback } from '../../shared/loopback.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { OidcConfig } from '../config/config.ts';
import type { Person } from '../domain/sign-in/sso/person.ts';
import { logoutTokenLifeMs, type ProviderLogout, providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { callbackPath, type IdentityProvider } from './provider.ts';

const timeoutSeconds = 5;

/**
 * Creates an OpenID Connect provider: authorization code with PKCE, state and nonce, through openid-client. It is not
 * contacted before the first sign-in.
 */
export function createOidcProvider(config: OidcConfig, publicUrl: string): IdentityProvider {
  const redirectUri = publicUrl + callbackPath;
  const discovery = createDiscovery(config);
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  return {
    async begin() {
      const provider = await discovery.refresh();
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, pending };
    },

    async finish(query, { state, nonce, codeVerifier }) {
      const provider = await discovery.cached();
      try {
        const granted = await client.authorizationCodeGrant(provider, new URL(redirectUri + query), {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const claims = granted.claims();
        if (claims === undefined) throw refused();
        const { userinfo_endpoint: hasUserInfo } = provider.serverMetadata();
        const info = hasUserInfo ? await client.fetchUserInfo(provider, granted.access_token, claims.sub) : {};
        return toPerson({ ...claims, ...info, iss: claims.iss, sub: claims.sub, sid: claims.sid }, config.groupsClaim);
      } catch (error) {
        throw asProblem(error);
      }
    },

    async logoutUrl() {
      const provider = await discovery.cached().catch(() => null);
      if (!provider?.serverMetadata().end_session_endpoint) return null;
      return client.buildEndSessionUrl(provider, { post_logout_redirect_uri: `${publicUrl}/login` }).href;
    },

    async readLogoutToken(token) {
      const { issuer, jwks_uri: jwksUri } = (await discovery.cached()).serverMetadata();
      if (jwksUri === undefined) throw refused();
      keys ??= createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: timeoutSeconds * 1000 });
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience: config.clientId,
          maxTokenAge: logoutTokenLifeMs / 1000,
          clockTolerance: providerSkewMs / 1000,
          requiredClaims: ['iat', 'jti', 'events'],
        });
        return toLogout(payload, issuer);
      } catch (error) {
        throw asProblem(error);
      }
    },
  };
}

interface Discovery {
  /**
   * Fetches the configuration from the provider. At the start of a sign-in this detects an outage, so that the member sees
   * our message instead of the browser's error page.
   */
  refresh(): Promise<client.Configuration>;
  /** Returns the last fetched configuration, or fetches it if there is none. */
  cached(): Promise<client.Configuration>;
}

function createDiscovery(config: OidcConfig): Discovery {
  let latest: client.Configuration | undefined;
  let fetching: Promise<client.Configuration> | undefined;
  // Concurrent callers share one request, because unauthenticated clients can trigger it.
  const refresh = async () => {
    fetching ??= discover(config).finally(() => {
      fetching = undefined;
    });
    latest = await fetching;
    return latest;
  };
  return { refresh, cached: async () => latest ?? refresh() };
}

async function discover({ issuer, clientId, clientSecret }: OidcConfig): Promise<client.Configuration> {
  const url = new URL(issuer);
  const insecure = url.protocol === 'http:' && isLoopback(url.hostname);
  const execute = [client.enableNonRepudiationChecks, ...(insecure ? [client.allowInsecureRequests] : [])];
  const auth = clientSecret === null ? client.None() : secretAuth(clientSecret);
  try {
    return await client.discovery(url, clientId, undefined, auth, { execute, timeout: timeoutSeconds });
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** Uses `client_secret_basic`, the default (OIDC Core §9), unless the provider's metadata lists methods without it. */
function secretAuth(secret: string): client.ClientAuth {
  return (as, metadata, body, headers) => {
    const methods = as.token_endpoint_auth_methods_supported;
    const basic = methods === undefined || methods.includes('client_secret_basic');
    return (basic ? client.ClientSecretBasic : client.ClientSecretPost)(secret)(as, metadata, body, headers);
  };
}

function toPerson(claims: Record<string, unknown> & { iss: string; sub: string }, groupsClaim: string): Person {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const groups = claims[groupsClaim];
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: text(claims.email),
    emailVerified: claims.email_verified === true,
    name: text(claims.name),
    groups: (Array.isArray(groups) ? groups : [groups]).filter((group) => typeof group === 'string'),
    sid: text(claims.sid),
  };
}

/** OIDC Back-Channel Logout §2.6. */
function toLogout({ sub, sid, jti, events, nonce }: JWTPayload, issuer: string): ProviderLogout {
  const isLogout =
    typeof events === 'object' &&
    events !== null &&
    'http://schemas.openid.net/event/backchannel-logout' in events &&
    nonce === undefined;
  const [subject, session] = [sub, sid].map((value) => (typeof value === 'string' ? value : null));
  if (!isLogout || jti === undefined || (!subject && !session)) throw refused();
  return { issuer, subject: subject ?? null, sid: session ?? null, jti };
}

/** Converts an error of the provider or the network to a problem whose text contains nothing from either. */
function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof client.AuthorizationResponseError && error.error === 'access_denied') {
    return refused('The sign-in was not approved at your identity provider. Start again.', error);
  }
  return isOutage(error) ? unavailable(error) : refused(undefined, error);
}

function isOutage(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof TypeError) return true;
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  if (cause instanceof Response) return cause.status >= 500;
  return (
    error.name === 'TimeoutError' || ('code' in error && error.code === 'OAUTH_TIMEOUT') || cause instanceof TypeError
  );
}

function refused(
  detail = 'The response of your identity provider was rejected, so you are not signed in. Start again.',
  cause?: unknown,
): ProblemError {
  return new ProblemError('sso-refused', detail, { cause });
}

function unavailable(cause: unknown): ProblemError {
  const detail =
    'Your identity provider does not respond. Try again later, or sign in with your password if you have one here.';
  return new ProblemError('sso-unavailable', detail, { cause });
}
