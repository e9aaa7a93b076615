import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address range: its base address and the number of leading bits that must match. */
export type Cidr = [address: Address, bits: number];

/** Parses `10.0.0.0/8`, `fd00::/8` or a single address. @throws Error that quotes the text */
export function parseCidr(text: string): Cidr {
  const [, base = '', suffix] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  if (isIP(base) === 0 || base.includes('%')) throw invalidCidr(text);
  const address = parse(base);
  const maxBits = address.kind() === 'ipv4' ? 32 : 128;
  const bits = suffix === undefined ? maxBits : Number(suffix);
  if (bits > maxBits) throw invalidCidr(text);
  const unmapped = withoutMapping(address);
  return unmapped !== address && bits >= 96 ? [unmapped, bits - 96] : [address, bits];
}

function invalidCidr(text: string): Error {
  return new Error(`“${text}” is neither an IP address nor a CIDR range such as 10.0.0.0/8 or fd00::/8.`);
}

/**
 * Parses an IP address and drops its zone, such as `%eth0`. Returns an IPv4-mapped address as IPv4, and null for any
 * other text. `isIP` comes first because the library alone also accepts `127.1` and octal numbers.
 */
export function parseAddress(text: string): Address | null {
  return isIP(text) === 0 ? null : withoutMapping(parse(text.replace(/%.*$/, '')));
}

/**
 * Parses a valid address. The library alone would read `::127.0.0.1` as `::ffff:127.0.0.1`, which is IPv4 loopback and
 * trusted by default. The URL parser prevents this: it first rewrites the address to `::7f00:1`.
 */
function parse(text: string): Address {
  const mixed = text.includes(':') && text.includes('.');
  return ipaddr.parse(mixed ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
}

function withoutMapping(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
