import type { IncomingMessage } from 'node:http';
import { siteOf } from '../../domain/sign-in/rate-limit/client-network.ts';
import { type ClientIp, forwardedForOf } from '../client-ip.ts';

const maxRememberedSites = 10_000;

/**
 * Creates the function that assigns requests to lanes. Each site has one: an IPv4 address or an IPv6 /48. With a lane for each
 * /64, one client could fill the queue, because a /48 contains 65,536 of these.
 */
export function createLaneOf({ isTrusted, resolve }: ClientIp): (req: IncomingMessage) => string {
  const sites = new Map<string, string>();
  return ({ socket: { remoteAddress: peer }, rawHeaders }) => {
    const ip = resolve(peer, isTrusted(peer) ? forwardedForOf(rawHeaders) : null) ?? '';
    let site = sites.get(ip);
    if (site === undefined) {
      if (sites.size >= maxRememberedSites) sites.clear();
      site = siteOf(ip);
      sites.set(ip, site);
    }
    return site;
  };
}
