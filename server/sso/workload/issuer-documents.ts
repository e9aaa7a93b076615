import { isLoopback, parseUrl } from '../../../shared/urls.ts';
import type { LimitedFetch } from '../provider-fetch.ts';

/** Redirects that are followed, each within the same origin. */
const maxRedirects = 3;

/** Why an issuer cannot be used, for the log. */
export class IssuerUnusable extends Error {
  override readonly name = 'IssuerUnusable';
}

/** Fetches the keys that an issuer publishes (OpenID Connect Discovery §4). Returns its JWK Set. @throws Error */
export async function fetchKeySet(
  issuer: string,
  send: LimitedFetch,
  signal: AbortSignal,
): Promise<{ keys: object[] }> {
  const allowHttp = isLoopback(new URL(issuer).hostname);
  const document = await fetchJson(discoveryUrl(issuer), { send, signal, allowHttp });
  if (document.issuer !== issuer) throw new IssuerUnusable('its discovery document is for another issuer');
  const { jwks_uri: address } = document;
  if (typeof address !== 'string' || parseUrl(address) === null) {
    throw new IssuerUnusable('its discovery document has no jwks_uri');
  }
  const { keys } = await fetchJson(new URL(address), { send, signal, allowHttp });
  const isKeySet = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
  if (!isKeySet) throw new IssuerUnusable('its jwks_uri returns no JWK Set');
  return { keys };
}

function discoveryUrl(issuer: string): URL {
  const url = new URL(issuer);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return url;
}

interface Request {
  send: LimitedFetch;
  signal: AbortSignal;
  /** Only an issuer on this machine may use http, and only on this machine. */
  allowHttp: boolean;
}

async function fetchJson(address: URL, { send, signal, allowHttp }: Request): Promise<Record<string, unknown>> {
  let url = address;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    requireSecure(url, allowHttp);
    const response = await send(url, { headers: { Accept: 'application/json' } }, signal);
    if (response.status === 200) return parseObject(await response.text());
    const target = response.headers.get('location');
    const isRedirect = response.status >= 300 && response.status < 400 && target !== null;
    if (!isRedirect || parseUrl(target, url.href) === null)
      throw new IssuerUnusable(`it returned HTTP ${response.status}`);
    const next = new URL(target, url.href);
    if (next.origin !== url.origin) throw new IssuerUnusable('it redirects to another host');
    url = next;
  }
  throw new IssuerUnusable('it redirects too often');
}

function requireSecure({ protocol, hostname }: URL, allowHttp: boolean): void {
  if (protocol === 'https:' || (allowHttp && protocol === 'http:' && isLoopback(hostname))) return;
  throw new IssuerUnusable('it names an address without https');
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new IssuerUnusable('it returned something else than JSON');
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new IssuerUnusable('it returned JSON that is not an object');
}
