import type { IncomingMessage } from 'node:http';
import { networkOf } from '../../domain/sign-in/rate-limit/client-network.ts';
import { type ClientIp, forwardedForOf } from '../client-ip.ts';

const maxRememberedNetworks = 10_000;

/**
 * Creates the function that assigns requests to lanes. Each client network has one lane.
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
  return ({ socket: { remoteAddress: peer }, rawHeaders }) => {
    const ip = resolve(peer, isTrusted(peer) ? forwardedForOf(rawHeaders) : null);
    return ip === null ? 'unknown' : networkOfIp(ip);
  };
}
