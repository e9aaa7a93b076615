import v8 from 'node:v8';
import type { Dispatcher } from 'undici';
import { isLoopback } from '../../shared/loopback.ts';
import { localError } from '../errors.ts';
import { HeaderFields } from './header-fields.ts';

interface Init {
  method?: string;
  headers?: Iterable<readonly [string, string]>;
  body?: string | URLSearchParams;
  signal?: AbortSignal;
}

/**
 * `fetch` as far as this program needs it, with proxies and a limit to the time for connecting, which Node's own lacks. It
 * follows no redirect; an answer has `status`, `headers`, `url` and `body`.
 * Loopback is this machine, which no proxy can reach for us, and where secrets may travel in the clear: never by proxy.
 */
export async function undiciFetch(connectMs: number): Promise<typeof fetch> {
  // V8 would optimise undici's WebAssembly parser while the process wants to end, for 200 ms.
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
        // As fetch tells it apart: given up by us, or what the network did.
        throw signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause });
      });
    const fields = Object.entries(received).map(([name, value]): [string, string] => [
      name,
      [value ?? ''].flat().join(', '),
    ]);
    return { status: statusCode, headers: new HeaderFields(fields), url, body: content };
  }
  // The rest of what a Response can do is not used.
  return send as unknown as typeof fetch;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** What is wrong with the address is not repeated: it may hold a password. */
function proxyAgent<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw localError('usage', 'HTTP_PROXY or HTTPS_PROXY does not hold the URL of an http or https proxy.', error);
  }
}
