import type { Dispatcher } from 'undici';
import {
  type OutgoingProxy,
  ProxyVariableError,
  type ProxyVariables,
  proxyAgentOptions,
  proxyFor,
} from '../../shared/proxy.ts';
import { parseUrl } from '../../shared/urls.ts';
import { AddressRefused, checkedLookup, type Resolve } from '../checked-lookup.ts';
import { hostKind, isPublicAddress } from '../domain/host-kind.ts';
import { diagnoseConnection } from './failures/connection.ts';
import { misconfigured, quote, unavailable } from './failures/problems.ts';
import type { SsoProblem } from './provider.ts';

/** How long one request to the provider may take, including its body. */
const timeoutMs = 5_000;
/** Maximum size of a response. Key sets and ID tokens are much smaller. */
const maxBytes = 1024 * 1024;

/**
 * Returns a `fetch` for requests to the provider. It goes through the proxy that the environment names, follows no
 * redirects and has a time limit. It throws an `SsoProblem` if no usable response arrives: the connection fails, the
 * provider redirects, or it reports that it is broken or overloaded.
 */
export function createProviderFetch(proxy: ProxyVariables): typeof fetch {
  const send = createLimitedFetch(proxy);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const via = proxyOf(url, proxy);
    let response: Response;
    try {
      response = await send(url, init);
    } catch (error) {
      throw diagnoseConnection(error, url, via?.variable);
    }
    const problem = diagnoseStatus(response, url);
    if (problem !== null) throw problem;
    return response;
  };
}

/** Sends a request. `signal` replaces the time limit of five seconds. */
export type LimitedFetch = (url: URL, init?: RequestInit, signal?: AbortSignal) => Promise<Response>;

interface LimitedFetchOptions {
  /**
   * Refuses internal addresses, and resolves names with this function. Behind a proxy, only literal addresses are checked, because the
   * proxy resolves the names.
   */
  onlyPublic?: Resolve;
}

/**
 * Returns a function that sends requests through the proxy that the environment names, follows no redirects, and bounds the time and the
 * size of a response.
 */
export function createLimitedFetch(proxy: ProxyVariables, { onlyPublic }: LimitedFetchOptions = {}): LimitedFetch {
  const connect = createConnect(proxy, onlyPublic === undefined ? fetch : fetchPublic(onlyPublic));
  return async (url, init, signal = startTimeout()) => {
    // Node.js resolves no literals.
    if (onlyPublic !== undefined && ['loopback', 'internal'].includes(hostKind(url.hostname)))
      throw new AddressRefused();
    const send = connect(proxyOf(url, proxy));
    return readWhole(await send(url, { ...init, redirect: 'manual', signal }));
  };
}

/** Returns a copy of the response whose body is in memory, so that a body that breaks off is a failure of the request. */
async function readWhole({ status, headers, body }: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const isEmpty = [204, 205, 304].includes(status);
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers });
}

function proxyOf(url: URL, variables: ProxyVariables): OutgoingProxy | null {
  try {
    return proxyFor(url, variables);
  } catch (error) {
    if (!(error instanceof ProxyVariableError)) throw error;
    throw misconfigured('the address of its proxy is invalid', { message: error.message, setting: error.variable });
  }
}

/** Returns a function that chooses the `fetch` for a proxy. Keeps one connection pool per proxy. */
function createConnect(proxy: ProxyVariables, direct: typeof fetch): (via: OutgoingProxy | null) => typeof fetch {
  const viaProxy = new Map<string, typeof fetch>();
  if (Object.keys(proxy).length === 0) return () => direct;
  return (via) => {
    if (via === null) return direct;
    const known = viaProxy.get(via.url.href) ?? fetchVia(via.url);
    viaProxy.set(via.url.href, known);
    return known;
  };
}

/** Returns a `fetch` through a proxy. */
function fetchVia(proxy: URL): typeof fetch {
  return fetchWith(({ ProxyAgent }) => new ProxyAgent(proxyAgentOptions(proxy)));
}

/** Returns a `fetch` that connects to no name with an internal address. */
function fetchPublic(resolve: Resolve): typeof fetch {
  return fetchWith(({ Agent }) => new Agent({ connect: { lookup: checkedLookup(isPublicAddress, resolve) } }));
}

/** Returns a `fetch` with another dispatcher. Node's own cannot use one, so the first request loads undici. */
function fetchWith(createDispatcher: (undici: typeof import('undici')) => Dispatcher): typeof fetch {
  let loading: Promise<{ fetch: typeof import('undici').fetch; dispatcher: Dispatcher }> | undefined;
  const load = () => import('undici').then((undici) => ({ fetch: undici.fetch, dispatcher: createDispatcher(undici) }));
  const send = async (input: URL, init: object) => {
    loading ??= load();
    const undici = await loading;
    return undici.fetch(input.href, { ...init, dispatcher: undici.dispatcher });
  };
  // undici's types differ from Node's only in their names.
  return send as unknown as typeof fetch;
}

/** Starts the time limit of a request. The timer holds the controller: Node 20 may collect the signal of `AbortSignal.timeout`. */
function startTimeout(): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('No response in time', 'TimeoutError')), timeoutMs).unref();
  return controller.signal;
}

function diagnoseStatus({ status, headers }: Response, url: URL): SsoProblem | null {
  const address = url.origin + url.pathname;
  if (status >= 500 || status === 429) {
    return unavailable({ message: `The identity provider returned HTTP ${status} at ${address}.` });
  }
  if (status < 300 || status > 399) return null;
  const target = withoutQuery(headers.get('location') ?? '', url);
  const message = `${address} redirects to ${quote(target)} (HTTP ${status}), and redirects are not followed. Correct TOKENSD_OIDC_ISSUER, or what stands in front of the provider.`;
  return misconfigured('the identity provider answers with a redirect', { message, setting: 'TOKENSD_OIDC_ISSUER' });
}

/** A redirect's query can contain values that do not belong into a log. */
function withoutQuery(location: string, base: URL): string {
  if (parseUrl(location, base.href) === null) return location.replace(/[?#].*$/s, '');
  const { origin, pathname } = new URL(location, base);
  return origin + pathname;
}
