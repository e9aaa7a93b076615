import { agentOf, networkOf, routeOf } from '../../domain/tokens/usage/fold.ts';
import type { ReadUse } from '../../domain/tokens/usage/use-counter.ts';
import type { ClientIp } from '../client-ip.ts';
import { createNormalizeRequest, normalizeMethod, normalizePath, normalizeUserAgent } from './observed-request.ts';
import { pathOf } from './proxies.ts';

/** Maximum number and length of texts whose result is remembered, so that clients cannot fill the memory. */
const maxRemembered = 2_000;
const maxRememberedLength = 512;

/**
 * Creates the functions that read the route, network and agent of a verified request. They run on every verification, and
 * the same few texts describe most requests, so each distinct text is folded once.
 */
export function createReadUse(clientIp: Pick<ClientIp, 'resolve'>): ReadUse {
  const routes = remember((text) => {
    const space = text.indexOf(' ');
    const method = text.slice(0, space);
    return routeOf({
      method: method === '-' ? null : normalizeMethod(method),
      path: normalizePath(text.slice(space + 1)),
    });
  });
  const agents = remember((text) => agentOf(normalizeUserAgent(text)));
  const peers = remember((text) => networkOf(clientIp.resolve(text, null)));
  const forwarded = remember((text) => {
    const space = text.indexOf(' ');
    return networkOf(clientIp.resolve(text.slice(0, space), text.slice(space + 1)));
  });

  return {
    route: ({ method, target }) => (target === null ? null : routes(`${method ?? '-'} ${pathOf(target)}`)),
    network({ peer, forwardedFor }) {
      if (forwardedFor === null) return peers(peer ?? '');
      return forwarded(`${peer ?? ''} ${forwardedFor}`);
    },
    agent: ({ userAgent }) => (userAgent === null ? null : agents(userAgent)),
    sample: createNormalizeRequest(clientIp),
  };
}

/** Returns a function that remembers the results of `compute` for short texts. Empties its memory when it is full. */
function remember(compute: (text: string) => string | null): (text: string) => string | null {
  const results = new Map<string, string | null>();
  /** One string for all equal results, because many paths fold to one route, and each token keeps its strings. */
  const distinct = new Map<string, string>();
  const shared = (result: string): string => {
    const known = distinct.get(result);
    if (known !== undefined) return known;
    const detached = detach(result);
    if (distinct.size >= maxRemembered) distinct.clear();
    distinct.set(detached, detached);
    return detached;
  };
  return (text) => {
    const remembered = results.get(text);
    if (remembered !== undefined) return remembered;
    const result = compute(text);
    const stored = result === null ? null : shared(result);
    if (results.size >= maxRemembered) results.clear();
    if (text.length <= maxRememberedLength) results.set(text, stored);
    return stored;
  };
}

/** Returns a copy that does not keep a longer text in memory, without characters that PostgreSQL does not store. */
function detach(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\ufffd')).toString();
}
