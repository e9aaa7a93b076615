import type { IncomingMessage } from 'node:http';
import { networkOf } from '../../domain/sign-in/rate-limit/client-network.ts';
import { type ClientIp, maxForwardedForLength } from '../client-ip.ts';
import type { RawHeaders } from '../raw-headers.ts';

const monitoringPaths = ['/readyz', '/healthz', '/metrics'];

const maxRememberedNetworks = 10_000;

/**
 * Creates the function that assigns requests to lanes. Each client network has one lane. Its requests for health and metrics
 * have another one, because a load balancer that gets no response stops sending verifications.
 */
export function createLaneOf({ isTrusted, resolve }: ClientIp): (req: IncomingMessage) => string {
  const networks = new Map<string, string>();
  const networkOfIp = (ip: string): string => {
    let network = networks.get(ip);
    if (network === undefined) {
      if (networks.size >= maxRememberedNetworks) networks.clear();
      network = networkOf(ip);
      networks.set(ip, network);
    }
    return network;
  };
  return ({ socket: { remoteAddress: peer }, rawHeaders, url = '' }) => {
    const ip = resolve(peer, isTrusted(peer) ? forwardedFor(rawHeaders) : null);
    const network = ip === null ? 'unknown' : networkOfIp(ip);
    return monitoringPaths.includes(url) ? `${network} monitoring` : network;
  };
}

/** Returns the end of the `X-Forwarded-For` fields, joined with commas, or null if there is none. */
function forwardedFor(rawHeaders: RawHeaders): string | null {
  let joined: string | null = null;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== 15 || name.toLowerCase() !== 'x-forwarded-for') continue;
    const value = rawHeaders[i + 1] ?? '';
    joined = joined === null ? value : `${value},${joined}`;
    if (joined.length > maxForwardedForLength) break;
  }
  return joined;
}
