import ipaddr from 'ipaddr.js';
import { RuleError } from './rule-error.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A range of addresses: the first address and the number of leading bits that all of them share. */
export type Network = readonly [address: Address, bits: number];

const ipv4 = /^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/;
const ipv6 = /^[0-9a-f:]+$/i;

/**
 * Parses a CIDR range such as `203.0.113.0/24` or `2001:db8::/32`, or a single address. Bits of the address after the
 * prefix are ignored. IPv4 in the form of IPv6 is refused, because requests never show such an address.
 * @throws RuleError
 */
export function parseNetwork(text: string): Network {
  const [, base = '', suffix] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  const maxBits = address?.kind() === 'ipv4' ? 32 : 128;
  const bits = suffix === undefined ? maxBits : Number(suffix);
  if (address === null || bits > maxBits) {
    throw new RuleError(
      `“${text}” is not a network. Write a range such as 203.0.113.0/24 or 2001:db8::/32, or an address.`,
    );
  }
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    throw new RuleError(`“${text}” is an IPv4 network in the form of IPv6. Write it as IPv4, such as 203.0.113.0/24.`);
  }
  return [address, bits];
}

/**
 * Returns null for any other text. The library alone would also accept `127.1` and octal numbers, and takes much longer for IPv4,
 * which this does for each request of a token with such a rule.
 */
function parseAddress(text: string): Address | null {
  if (ipv4.test(text)) {
    const octets = text.split('.').map(Number);
    return octets.every((octet) => octet <= 255) ? new ipaddr.IPv4(octets) : null;
  }
  return ipv6.test(text) && ipaddr.isValid(text) ? ipaddr.parse(text) : null;
}

/** Reports whether an address in canonical form (RFC 5952) is in one of the networks. */
export function isInNetworks(networks: readonly Network[], ip: string): boolean {
  const address = parseAddress(ip);
  return address !== null && networks.some((network) => contains(network, address));
}

/** Reports whether one network contains every address of another one. */
export function coversNetwork(wide: Network, narrow: Network): boolean {
  return wide[1] <= narrow[1] && contains(wide, narrow[0]);
}

function contains([base, bits]: Network, address: Address): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
