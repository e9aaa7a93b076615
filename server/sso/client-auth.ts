import * as client from 'openid-client';
import type { OidcConfig } from '../config/config.ts';

/** How this client proves its identity at the token endpoint (OpenID Connect Core §9). `none` is a public client. */
export type ClientAuthMethod = 'none' | 'basic' | 'post';

/** The names in the provider's metadata. */
export const methodNames = { none: 'none', basic: 'client_secret_basic', post: 'client_secret_post' } as const;

/** Authenticates this client, in the way that the provider accepts. */
export interface ClientAuthentication {
  /**
   * Calls `send` with the first method that fits, and again with the next one if the provider rejects the client. The
   * provider rejects a client before it looks at the authorization code, so the code can be sent again. Remembers the
   * method that the provider accepted.
   */
  attempt<T>(metadata: client.ServerMetadata, send: (auth: client.ClientAuth) => Promise<T>): Promise<T>;
  /** Returns the method that the provider accepted last. */
  accepted(): ClientAuthMethod | undefined;
}

export function createClientAuthentication(config: OidcConfig): ClientAuthentication {
  let accepted: ClientAuthMethod | undefined;
  return {
    accepted: () => accepted,
    async attempt(metadata, send) {
      const methods = methodsToTry(config, metadata);
      const order = accepted === undefined ? methods : [accepted, ...methods.filter((one) => one !== accepted)];
      let failure: unknown;
      for (const method of order) {
        try {
          const result = await send(authOf(method, config.clientSecret));
          accepted = method;
          return result;
        } catch (error) {
          if (!rejectsClient(error)) {
            accepted = method;
            throw error;
          }
          // A challenge in the response hides the provider's words from the library.
          failure = failure instanceof client.ResponseBodyError ? failure : error;
        }
      }
      throw failure;
    },
  };
}

/**
 * Returns the methods to try, in this order. Metadata without a list means `client_secret_basic`, but many providers list
 * nothing, or list a method that this client is not registered for.
 */
export function methodsToTry(
  { clientSecret, clientAuth }: Pick<OidcConfig, 'clientSecret' | 'clientAuth'>,
  { token_endpoint_auth_methods_supported: listed }: client.ServerMetadata,
): ClientAuthMethod[] {
  if (clientSecret === null) return ['none'];
  if (clientAuth !== null) return [clientAuth];
  const supported = (['basic', 'post'] as const).filter((method) => listed?.includes(methodNames[method]));
  return supported.length === 0 ? ['basic', 'post'] : supported;
}

function authOf(method: ClientAuthMethod, secret: string | null): client.ClientAuth {
  if (method === 'none' || secret === null) return client.None();
  return method === 'basic' ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}

/**
 * Reports whether the token endpoint did not accept the client. Besides `invalid_client` (RFC 6749 §5.2), providers return
 * other errors with status 401, and `invalid_request` if they look for the client in the place where it is not.
 */
export function rejectsClient(error: unknown): boolean {
  if (error instanceof client.ResponseBodyError) {
    return error.status === 401 || ['invalid_client', 'unauthorized_client', 'invalid_request'].includes(error.error);
  }
  if (error instanceof client.WWWAuthenticateChallengeError) return error.status === 401;
  return error instanceof client.ClientError && error.cause instanceof Response && error.cause.status === 401;
}
