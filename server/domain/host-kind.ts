import ipaddr from 'ipaddr.js';

/** Where the host of a URL leads, as far as its text tells. */
export type HostKind = 'loopback' | 'internal' | 'name' | 'public';

/**
 * Classifies a host, as `URL#hostname` returns it: the parser has already turned decimal, octal and short spellings of an IPv4 address
 * into the usual one. Only `localhost` and literal loopback addresses are `loopback`. An IPv4-mapped address is `internal`, whatever it
 * maps to, because it hides where it leads.
 */
export function hostKind(hostname: string): HostKind {
  if (hostname === 'localhost') return 'loopback';
  if (/(^|\.)localhost\.?$/.test(hostname)) return 'internal';
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (!ipaddr.isValid(address)) return 'name';
  if (isLoopbackAddress(address)) return 'loopback';
  return isPublicAddress(address) ? 'public' : 'internal';
}

/** Reports whether an address, as a resolver returns it, is this machine. An IPv4-mapped one is not. */
export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}

const globalUnicast = ipaddr.IPv6.parse('2000::');

/** This address looks public, but Azure serves the certificates and settings of a virtual machine there. */
const azureHost = '168.63.129.16';

/** Reports whether an address, as a resolver returns it, is on the public internet. Returns false if that is not certain. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast' || parsed.toString() === azureHost) return false;
  // The library also calls `::7f00:1` unicast, which some systems take for 127.0.0.1.
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast, 3);
}
