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
  return rangeOf(ip, 8);
}

/**
 * Returns the range of addresses that one site gets from its provider: a single IPv4 address or an IPv6 /48 (RFC 6177).
 * Returns `unknown` for a text that is not an address. A /48 contains 65,536 networks, so anyone can have very many of those.
 */
export function siteOf(ip: string | null): string {
  return ip !== null && ipaddr.isValid(ip) ? rangeOf(ip, 6) : 'unknown';
}

function rangeOf(ip: string, prefixBytes: number): string {
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  const bytes = address.toByteArray().map((byte, position) => (position < prefixBytes ? byte : 0));
  return ipaddr.fromByteArray(bytes).toString();
}
