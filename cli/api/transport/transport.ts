import v8 from 'node:v8';
import type { Dispatcher } from 'undici';
import {
  type OutgoingProxy,
  ProxyVariableError,
  proxyAgentOptions,
  proxyFor,
  readProxyVariables,
} from '../../../shared/proxy.ts';
import { localError } from '../../errors.ts';
import { HeaderFields } from './header-fields.ts';
import { NetworkFailure } from './network-errors.ts';

interface Init {
  method?: string;
  headers?: Iterable<readonly [string, string]>;
  body?: string | URLSearchParams;
  signal?: AbortSignal;
}

/**
 * Returns a `fetch` with proxy support and a connection timeout, which Node's own lacks. It follows no redirects, and its
 * responses have only `status`, `headers`, `url` and `body`. `env` names the proxy; requests to loopback addresses never
 * use one. A proxy cannot reach this machine's loopback interface, and it could read the secrets in plain HTTP requests.
 */
export async function undiciFetch(
  connectMs: number,
  env: Readonly<Record<string, string | undefined>>,
): Promise<typeof fetch> {
  // Without this, V8 optimizes undici's WebAssembly parser when the process exits, which takes 200 ms.
  v8.setFlagsFromString('--liftoff-only');
  const { Agent, loadProxyAgent, request } = await import('./undici.ts');
  const options = { connect: { timeout: connectMs } };
  const proxyVariables = readProxyVariables(env);
  const direct = once(() => new Agent(options));
  const agents = new Map<string, Promise<Dispatcher>>();

  /** Returns the dispatcher for a proxy. There is one per proxy, because it keeps the connections open. */
  function viaProxy({ url }: OutgoingProxy): Promise<Dispatcher> {
    const agent =
      agents.get(url.href) ??
      loadProxyAgent().then((ProxyAgent) => new ProxyAgent({ ...options, ...proxyAgentOptions(url) }));
    agents.set(url.href, agent);
    return agent;
  }

  async function send(input: string | URL, { method = 'GET', headers = [], body, signal }: Init = {}) {
    const target = new URL(input);
    const { href: url, origin, pathname, search } = target;
    const proxy = chooseProxy(() => proxyFor(target, proxyVariables));
    const dispatcher = proxy === null ? direct() : await viaProxy(proxy);
    const {
      statusCode,
      headers: received,
      body: content,
    } = await request
      .call(dispatcher, {
        origin,
        path: pathname + search,
        method: method as Dispatcher.HttpMethod,
        headers: Object.fromEntries(headers),
        ...(body !== undefined && { body: String(body) }),
        ...(signal && { signal }),
      })
      .catch((cause: unknown) => {
        // fetch makes the same distinction between an aborted request and a network failure.
        throw signal?.aborted ? signal.reason : new NetworkFailure(cause, proxy?.variable);
      });
    const fields = Object.entries(received).map(([name, value]): [string, string] => [
      name,
      [value ?? ''].flat().join(', '),
    ]);
    return { status: statusCode, headers: new HeaderFields(fields), url, body: content };
  }
  // Callers use no other part of a Response.
  return send as unknown as typeof fetch;
}

function once<T>(create: () => T): () => T {
  let created: { value: T } | undefined;
  return () => {
    created ??= { value: create() };
    return created.value;
  };
}

function chooseProxy(choose: () => OutgoingProxy | null): OutgoingProxy | null {
  try {
    return choose();
  } catch (error) {
    throw error instanceof ProxyVariableError ? localError('usage', error.message, error) : error;
  }
}
