import * as client from 'openid-client';
import { isLoopback, parseUrl } from '../../shared/urls.ts';
import type { OidcConfig } from '../config/config.ts';
import { providerSkewMs } from '../domain/sign-in/sso/sso.ts';
import { diagnoseDocument } from './failures/document.ts';
import { misconfigured } from './failures/problems.ts';
import type { LastContact } from './last-contact.ts';

/** The content of the provider's discovery document. */
export interface Discovered {
  metadata: client.ServerMetadata;
  /** The response's `Date`, in milliseconds; null if it had none. */
  date: number | null;
  /** Returns the library's configuration for a way to authenticate this client. `extensions` are openid-client's. */
  configure(auth: client.ClientAuth, ...extensions: Extension[]): Promise<client.Configuration>;
}

type Extension = (config: client.Configuration) => void;

export interface Discovery {
  /**
   * Fetches the document from the provider. At the start of a sign-in this detects an outage, so that the member sees
   * our message instead of the browser's error page. @throws SsoProblem
   */
  refresh(): Promise<Discovered>;
  /** Returns the last fetched document, or fetches it if there is none. @throws SsoProblem */
  cached(): Promise<Discovered>;
}

/** `recordContact` is called after each request with whether it succeeded. */
export function createDiscovery(
  config: OidcConfig,
  send: typeof fetch,
  recordContact: LastContact['record'] = () => {},
): Discovery {
  let latest: Discovered | undefined;
  let fetching: Promise<Discovered> | undefined;
  // Concurrent callers share one request, because unauthenticated clients can trigger it.
  const refresh = async () => {
    fetching ??= discover(config, send)
      .then(
        (discovered) => {
          recordContact(true);
          return discovered;
        },
        (error: unknown) => {
          recordContact(false);
          throw error;
        },
      )
      .finally(() => {
        fetching = undefined;
      });
    latest = await fetching;
    return latest;
  };
  return { refresh, cached: async () => latest ?? refresh() };
}

/** Fetches and checks the provider's discovery document (OpenID Connect Discovery §4). @throws SsoProblem */
export async function discover({ issuer, clientId }: OidcConfig, send: typeof fetch): Promise<Discovered> {
  const url = new URL(issuer);
  const response = await send(discoveryUrl(url), { headers: { Accept: 'application/json' } });
  const insecure = url.protocol === 'http:' && isLoopback(url.hostname);
  const settings = { [client.clockTolerance]: providerSkewMs / 1000 };
  const configure = async (auth: client.ClientAuth, ...extensions: Extension[]) => {
    const execute = insecure ? [client.allowInsecureRequests, ...extensions] : extensions;
    // Each configuration has one way to authenticate, and all of them come from the one response.
    const replay = async () => response.clone();
    const configuration = await client.discovery(url, clientId, settings, auth, {
      execute,
      [client.customFetch]: replay,
    });
    configuration[client.customFetch] = send as client.CustomFetch;
    return configuration;
  };
  try {
    const metadata = (await configure(client.None())).serverMetadata();
    requireEndpoints(metadata, insecure);
    return { metadata, date: dateOf(response), configure };
  } catch (error) {
    throw diagnoseDocument(error, response.status, issuer);
  }
}

/** Returns the address of the document. An issuer that was entered with the well-known path is that address. */
export function discoveryUrl(issuer: URL): URL {
  if (issuer.pathname.includes('/.well-known/')) return issuer;
  const url = new URL(issuer);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return url;
}

function requireEndpoints(metadata: client.ServerMetadata, insecure: boolean): void {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    const value = metadata[name];
    const scheme = value !== undefined && parseUrl(value) !== null ? new URL(value).protocol : null;
    if (scheme === 'https:' || (scheme === 'http:' && insecure)) continue;
    const found = value === undefined ? `has no ${name}` : `names ${value} as its ${name}`;
    const message = `The discovery document of ${metadata.issuer} ${found}. tokensd needs an https:// address there, so correct the provider, or TOKENSD_OIDC_ISSUER if this is another service.`;
    throw misconfigured('the provider is not an OpenID Connect provider that this server can use', {
      message,
      setting: 'TOKENSD_OIDC_ISSUER',
    });
  }
}

function dateOf({ headers }: Response): number | null {
  const time = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(time) ? null : time;
}
