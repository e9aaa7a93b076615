import ipaddr from 'ipaddr.js';
import { RuleError } from './rule-error.ts';

/** IPv4 is a number of 32 bits, because comparing numbers takes a tenth of the time that the library takes. */
type Address = number | ipaddr.IPv6;

/** A range of addresses: the first address and the number of leading bits that all of them share. */
export type Network = readonly [address: Address, bits: number];

const ipv6 = /^[0-9a-f:]+$/i;

/**
 * Parses a CIDR range such as `203.0.113.0/24` or `2001:db8::/32`, or a single address. Bits of the address after the
 * prefix are ignored. IPv4 in the form of IPv6 is refused, because requests never show such an address.
 * @throws RuleError
 */
export function parseNetwork(text: string): Network {
  const [, base = '', suffix] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  const maxBits = typeof address === 'number' ? 32 : 128;
  const bits = suffix === undefined ? maxBits : Number(suffix);
  if (address === null || bits > maxBits) {
    throw new RuleError(
      `“${text}” is not a network. Write a range such as 203.0.113.0/24 or 2001:db8::/32, or an address.`,
    );
  }
  if (typeof address !== 'number' && address.isIPv4MappedAddress()) {
    throw new RuleError(`“${text}” is an IPv4 network in the form of IPv6. Write it as IPv4, such as 203.0.113.0/24.`);
  }
  return [address, bits];
}

/** Returns null for any text that is not an address. The library alone would also accept `127.1` and octal numbers. */
function parseAddress(text: string): Address | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return ipv4;
  return ipv6.test(text) && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
}

const [zero, nine, dot] = [48, 57, 46];

/** Reads four decimal numbers without leading zeros. Reads each character once, because this runs for most requests. */
function parseIpv4(text: string): number | null {
  let [address, octet, digits, dots] = [0, 0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === dot && digits > 0) {
      address = address * 256 + octet;
      octet = digits = 0;
      dots += 1;
    } else if (character >= zero && character <= nine && (digits === 0 || octet > 0)) {
      octet = octet * 10 + character - zero;
      digits += 1;
      if (octet > 255) return null;
    } else {
      return null;
    }
  }
  return dots === 3 && digits > 0 ? address * 256 + octet : null;
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
  if (typeof base !== 'number') return typeof address !== 'number' && address.match(base, bits);
  // JavaScript would shift by 0 bits instead of 32.
  return typeof address === 'number' && (bits === 0 || (base ^ address) >>> (32 - bits) === 0);
}
