import v8 from 'node:v8';
import { isLoopback } from '../../shared/loopback.ts';
import { localError } from '../errors.ts';

/**
 * Node's own `fetch` knows neither proxies nor a time limit for connecting, so undici's is used, with its proxy agent.
 * Loopback is this machine, which no proxy can reach for us, and where secrets may travel in the clear: never by proxy.
 */
export async function undiciFetch(connectMs: number): Promise<typeof fetch> {
  // V8 would optimise undici's WebAssembly parser while the process wants to end, for 200 ms.
  v8.setFlagsFromString('--liftoff-only');
  // By its default export: the bundle does not know the names in a CommonJS package.
  const { default: undici } = await import('undici');
  const options = { connect: { timeout: connectMs } };
  const direct = once(() => new undici.Agent(options));
  const viaProxy = once(() => proxyAgent(() => new undici.EnvHttpProxyAgent(options)));
  const send = async (input: string, init: object) => {
    const dispatcher = isLoopback(new URL(input).hostname) ? direct() : viaProxy();
    return undici.fetch(input, { ...init, dispatcher });
  };
  // undici's types and Node's differ in name only.
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
