import v8 from 'node:v8';

/** Node's own `fetch` knows neither proxies nor a time limit for connecting, so undici's is used, with its proxy agent. */
export async function undiciFetch(connectMs: number): Promise<typeof fetch> {
  // V8 would optimise undici's WebAssembly parser while the process wants to end, for 200 ms.
  v8.setFlagsFromString('--liftoff-only');
  // By its default export: the bundle does not know the names in a CommonJS package.
  const { default: undici } = await import('undici');
  const dispatcher = new undici.EnvHttpProxyAgent({ connect: { timeout: connectMs } });
  const send = (input: string, init: object) => undici.fetch(input, { ...init, dispatcher });
  // undici's types and Node's differ in name only.
  return send as unknown as typeof fetch;
}
