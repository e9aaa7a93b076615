import type { LastUse } from '../../../store/records.ts';

/** Bounds of stored values. PostgreSQL's index holds at most 2,704 bytes, and a character has at most four. */
export const maxRouteCharacters = 256;
const maxAgentCharacters = 64;

const identifier = /\/(?:[0-9]+|[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=\/|$)/gi;

/** Returns the path with `*` for each segment that is a number, a UUID, or at least eight hexadecimal digits. */
export function foldPath(path: string): string {
  return path.replace(identifier, '/*');
}

/** Returns the route of a request: the method, a space and the folded path. Null if the path is unknown. */
export function routeOf({ method, path }: Pick<LastUse, 'method' | 'path'>): string | null {
  if (path === null) return null;
  return `${method ?? '-'} ${cut(foldPath(path), maxRouteCharacters)}`;
}

/** Splits a route into its method, null if it is unknown, and its folded path. */
export function splitRoute(route: string): { method: string | null; path: string } {
  const space = route.indexOf(' ');
  const method = route.slice(0, space);
  return { method: method === '-' ? null : method, path: route.slice(space + 1) };
}

/** Returns the /24 of an IPv4 address or the /48 of an IPv6 address, both in canonical form (RFC 5952). An IPv4-mapped address is IPv4. */
export function networkOf(ip: string | null): string | null {
  if (ip === null) return null;
  const mapped = /^::ffff:([0-9.]+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return networkOf(mapped);
  if (!ip.includes(':')) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  // The double colon stands for zeros. If fewer than three groups precede it, the groups behind it may be among the first three.
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0');
  const first = [...groups, ...zeros, ...after].slice(0, 3);
  while (first.at(-1) === '0') first.pop();
  return `${first.join(':')}::/48`;
}

/** Returns the first product of a user agent, such as `curl/8.5.0`. Null if it begins with none. */
export function agentOf(userAgent: string | null): string | null {
  const product = /^\s*([^\s()]+)/.exec(userAgent ?? '')?.[1];
  return product === undefined ? null : cut(product, maxAgentCharacters);
}

function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : [...text].slice(0, maxCharacters).join('');
}
