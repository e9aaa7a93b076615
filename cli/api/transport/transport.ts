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
import { type DirectRequest, directSender } from './direct.ts';
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
export function openTransport(connectMs: number, env: Readonly<Record<string, string | undefined>>): typeof fetch {
  const proxyVariables = readProxyVariables(env);
  const sendDirectly = directSender();
  const agents = new Map<string, Promise<Dispatcher>>();

  /** Returns the dispatcher for a proxy. There is one per proxy, because it keeps the connections open. */
  function dispatcherFor({ url }: OutgoingProxy): Promise<Dispatcher> {
    const options = { connect: { timeout: connectMs }, ...proxyAgentOptions(url) };
    const agent = agents.get(url.href) ?? loadUndici().then(({ ProxyAgent }) => new ProxyAgent(options));
    agents.set(url.href, agent);
    return agent;
  }

  async function sendThrough(proxy: OutgoingProxy, { origin, pathname, search }: URL, sent: DirectRequest) {
    const { request } = await loadUndici();
    const { statusCode, headers, body } = await request.call(await dispatcherFor(proxy), {
      origin,
      path: pathname + search,
      method: sent.method as Dispatcher.HttpMethod,
      headers: sent.headers,
      ...(sent.body !== undefined && { body: sent.body }),
      ...(sent.signal && { signal: sent.signal }),
    });
    return { statusCode, headers, body };
  }

  async function send(input: string | URL, { method = 'GET', headers = [], body, signal }: Init = {}) {
    const target = new URL(input);
    const proxy = chooseProxy(() => proxyFor(target, proxyVariables));
    const text = body === undefined ? undefined : String(body);
    const request = { method, headers: Object.fromEntries(headers), body: text, signal, connectMs };
    const received = await (proxy === null ? sendDirectly(target, request) : sendThrough(proxy, target, request)).catch(
      (cause: unknown) => {
        // fetch makes the same distinction between an aborted request and a network failure.
        throw signal?.aborted ? signal.reason : new NetworkFailure(cause, proxy?.variable);
      },
    );
    const { statusCode: status, headers: fields, body: content } = received;
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      [value ?? ''].flat().join(', '),
    ]);
    return { status, headers: new HeaderFields(pairs), url: target.href, body: content };
  }
  // Callers use no other part of a Response.
  return send as unknown as typeof fetch;
}

function loadUndici() {
  // Without this, V8 optimizes undici's WebAssembly parser when the process exits, which takes 200 ms.
  v8.setFlagsFromString('--liftoff-only');
  return import('./undici.ts');
}

function chooseProxy(choose: () => OutgoingProxy | null): OutgoingProxy | null {
  try {
    return choose();
  } catch (error) {
    throw error instanceof ProxyVariableError ? localError('usage', error.message, error) : error;
  }
}
