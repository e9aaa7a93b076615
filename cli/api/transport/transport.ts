import v8 from 'node:v8';
import type { Dispatcher } from 'undici';
import { isLoopback } from '../../../shared/loopback.ts';
import { localError } from '../../errors.ts';
import { HeaderFields } from './header-fields.ts';

interface Init {
  method?: string;
  headers?: Iterable<readonly [string, string]>;
  body?: string | URLSearchParams;
  signal?: AbortSignal;
}

/**
 * Returns a `fetch` with proxy support and a connection timeout, which Node's own lacks. It follows no redirects, and its
 * responses have only `status`, `headers`, `url` and `body`.
 * Requests to loopback addresses never use a proxy. A proxy cannot reach this machine's loopback interface, and it
 * could read the secrets in plain HTTP requests.
 */
export async function undiciFetch(connectMs: number): Promise<typeof fetch> {
  // Without this, V8 optimizes undici's WebAssembly parser when the process exits, which takes 200 ms.
  v8.setFlagsFromString('--liftoff-only');
  const { Agent, loadProxyAgent, request } = await import('./undici.ts');
  const options = { connect: { timeout: connectMs } };
  const direct = once(() => new Agent(options));
  const viaProxy = once(async () => {
    const ProxyAgent = await loadProxyAgent();
    return proxyAgent(() => new ProxyAgent(options));
  });

  async function send(input: string | URL, { method = 'GET', headers = [], body, signal }: Init = {}) {
    const { href: url, origin, hostname, pathname, search } = new URL(input);
    const dispatcher: Dispatcher = isLoopback(hostname) ? direct() : await viaProxy();
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
        throw signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause });
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

/** Creates the agent. The error does not repeat the address, because it may contain a password. */
function proxyAgent<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw localError(
      'usage',
      'HTTP_PROXY or HTTPS_PROXY is not the URL of an HTTP proxy. Write it as http://proxy.example.com:3128.',
      error,
    );
  }
}
