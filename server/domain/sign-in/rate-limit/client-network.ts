import ipaddr from 'ipaddr.js';
import type { ClientInfo } from '../../caller.ts';

/** Returns the network that a request counts against in rate limits, or `unknown` if its address is not known. */
export function clientNetwork({ ip }: Pick<ClientInfo, 'ip'>): string {
  return ip === null ? 'unknown' : networkOf(ip);
}

/**
 * Returns the range of addresses that one client can choose from: a single IPv4 address (also in its IPv6-mapped form) or
 * an IPv6 /64 (RFC 6177).
 */
export function networkOf(ip: string): string {
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return ipaddr.fromByteArray([...address.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).toString();
}
