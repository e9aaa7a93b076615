import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { isLoopback } from '../../shared/loopback.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { OidcConfig } from '../config/config.ts';
import type { Person } from '../domain/sign-in/sso/person.ts';
import { logoutTokenLifeMs, type ProviderLogout, providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { callbackPath, type IdentityProvider } from './provider.ts';

const timeoutSeconds = 5;

/** OpenID Connect: authorization code with PKCE, state and nonce, through openid-client. The provider is first asked when somebody signs in. */
export function createOidcProvider(config: OidcConfig, publicUrl: string): IdentityProvider {
  const redirectUri = publicUrl + callbackPath;
  const provided = createDiscovery(config);
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  return {
    async begin() {
      const provider = await provided.anew();
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
      const provider = await provided.known();
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
      const provider = await provided.known().catch(() => null);
      if (!provider?.serverMetadata().end_session_endpoint) return null;
      return client.buildEndSessionUrl(provider, { post_logout_redirect_uri: `${publicUrl}/login` }).href;
    },

    async readLogoutToken(token) {
      const { issuer, jwks_uri: jwksUri } = (await provided.known()).serverMetadata();
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
  /** Asks the provider: whether it is there is told by us, and not by the browser's error page. */
  anew(): Promise<client.Configuration>;
  /** What was found last, or asked for now. */
  known(): Promise<client.Configuration>;
}

function createDiscovery(config: OidcConfig): Discovery {
  let found: client.Configuration | undefined;
  let asking: Promise<client.Configuration> | undefined;
  // One question at a time, however many want the answer: anybody may have it asked.
  const anew = async () => {
    asking ??= discovery(config).finally(() => {
      asking = undefined;
    });
    found = await asking;
    return found;
  };
  return { anew, known: async () => found ?? anew() };
}

async function discovery({ issuer, clientId, clientSecret }: OidcConfig): Promise<client.Configuration> {
  const url = new URL(issuer);
  const insecure = url.protocol === 'http:' && isLoopback(url.hostname);
  const execute = [client.enableNonRepudiationChecks, ...(insecure ? [client.allowInsecureRequests] : [])];
  const auth = clientSecret === null ? client.None() : authenticateWith(clientSecret);
  try {
    return await client.discovery(url, clientId, undefined, auth, { execute, timeout: timeoutSeconds });
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** `client_secret_basic`, which is the default (OIDC Core §9), unless the provider names only the other. */
function authenticateWith(secret: string): client.ClientAuth {
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

/** What the provider or the network did, in words that hold nothing of either. */
function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof client.AuthorizationResponseError && error.error === 'access_denied') {
    return refused('The sign-in was not approved at your identity provider.', error);
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
  detail = 'Your identity provider’s answer could not be accepted. Nobody was signed in. Start again.',
  cause?: unknown,
): ProblemError {
  return new ProblemError('sso-refused', detail, { cause });
}

function unavailable(cause: unknown): ProblemError {
  const detail =
    'Your identity provider does not answer. Try again later; who has a password here can use it meanwhile.';
  return new ProblemError('sso-unavailable', detail, { cause });
}
