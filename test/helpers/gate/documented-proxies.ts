import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fields, send } from '../app/http.ts';

/** The outcome of a request: the fields that the API receives, or the response that the client receives. */
export type Passed = { fields: Fields } | { status: number; body: string; reason: string | undefined };

const read = (name: string) => readFileSync(join(import.meta.dirname, '..', '..', '..', 'examples', name), 'utf8');

/** Returns the items of a list in a YAML text: those that follow `key`, one a line. */
function listAfter(text: string, key: string, item: RegExp): string[] {
  const lines = (text.split(`${key}:`)[1] ?? '').split('\n').slice(1);
  const items: string[] = [];
  for (const line of lines) {
    if (/^\s*(#.*|patterns:)?$/.test(line)) continue;
    const found = item.exec(line)?.[1];
    if (found === undefined) break;
    items.push(found.toLowerCase());
  }
  return items;
}

const without = (fields: Fields, names: readonly string[]) =>
  fields.filter(([name]) => !names.includes(name.toLowerCase()));
const has = (fields: Fields, wanted: string) =>
  fields.some(([name, value]) => name.toLowerCase() === wanted && value !== '');

/**
 * Does what Traefik's documentation says about `examples/traefik/tokens.yaml`. ForwardAuth sends all header fields and the original
 * request in `X-Forwarded-…`, copies `authResponseHeaders` of a 2xx, and returns any other response to the client.
 */
export function throughTraefik(daemonPort: number) {
  const text = read('traefik/tokens.yaml');
  const identity = listAfter(text, 'authResponseHeaders', /^\s*- (\S+)$/);
  const removedBy = (middleware: string) => {
    const [, block = ''] = text.split(`    ${middleware}:\n`);
    return listAfter(block, 'customRequestHeaders', /^\s*(\S+): ""$/);
  };
  const path = /address: http:\/\/[^/]+(\S+)/.exec(text)?.[1] ?? '';
  return async (method: string, target: string, fields: Fields): Promise<Passed> => {
    const told: Fields = [
      ['X-Forwarded-Method', method],
      ['X-Forwarded-Uri', target],
      ['X-Forwarded-Host', 'api.example.com'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-For', '192.0.2.7'],
    ];
    const verdict = await send(daemonPort, { path, headers: [...fields, ...told] });
    if (verdict.status !== 200) return refused(verdict);
    const set: Fields = identity.map((name) => [name, `${verdict.headers[name] ?? ''}`]);
    const stripped = has(fields, 'x-tokens-authorization') ? 'without-tokens-authorization' : 'without-credentials';
    const removed = [...removedBy(stripped), ...removedBy('without-underscores')];
    return { fields: without([...without(fields, identity), ...set], removed) };
  };
}

/**
 * Does what Envoy's documentation says about `examples/envoy/envoy.yaml`. The HTTP service of ext_authz gets the original method, the
 * path after a prefix, Host, Authorization and `allowed_headers`. Only a 200 allows a request.
 */
export function throughEnvoy(daemonPort: number) {
  const text = read('envoy/envoy.yaml');
  const exact = /^\s*- exact: (\S+)$/;
  const sent = ['authorization', ...listAfter(text, 'allowed_headers', exact)];
  const identity = listAfter(text, 'allowed_upstream_headers', exact);
  const [forOwn = [], otherwise = []] = [...text.matchAll(/request_headers_to_remove: \[(.*)\]/g)].map(
    ([, names = '']) => names.split(', '),
  );
  const prefix = /path_prefix: (\S+)/.exec(text)?.[1] ?? '';
  return async (method: string, target: string, fields: Fields): Promise<Passed> => {
    // The connection manager rejects names with underscores.
    if (fields.some(([name]) => name.includes('_'))) return { status: 400, body: '', reason: undefined };
    const told: Fields = [
      ['Host', 'api.example.com'],
      ['X-Forwarded-For', '192.0.2.7'],
    ];
    const headers = [...told, ...fields.filter(([name]) => sent.includes(name.toLowerCase()))];
    const verdict = await send(daemonPort, { method, path: prefix + target, headers });
    if (verdict.status !== 200) return refused(verdict);
    const set: Fields = identity.map((name) => [name, `${verdict.headers[name] ?? ''}`]);
    const removed = has(fields, 'x-tokens-authorization') ? forOwn : otherwise;
    return { fields: without([...without(fields, identity), ...set], removed) };
  };
}

function refused({ status, body, headers }: Awaited<ReturnType<typeof send>>): Passed {
  const reason = headers['x-tokens-reason'];
  return { status, body, reason: typeof reason === 'string' ? reason : undefined };
}
