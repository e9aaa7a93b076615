import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address range: its base address and the number of leading bits that must match. */
export type Cidr = [address: Address, bits: number];

/** Finds the client's address behind trusted proxies. */
export interface ClientIp {
  /** Reports whether a socket peer is a trusted proxy, whose header fields about the original request are used. */
  isTrusted(peer: string | null | undefined): boolean;
  /**
   * Walks `X-Forwarded-For` (its fields joined with commas) from the right and past trusted hops. Returns the client's
   * address in canonical form (RFC 5952), or null if the peer has no address.
   */
  resolve(peer: string | null | undefined, forwardedFor: string | null | undefined): string | null;
}

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

interface Hop {
  /** The address in canonical form. */
  text: string;
  trusted: boolean;
}

const maxRememberedHops = 10_000;
/** Longer than any address with a port, so that a client cannot fill the memory with long texts. */
const maxRememberedLength = 64;

export function createClientIp(trustedCidrs: readonly string[]): ClientIp {
  const ranges = trustedCidrs.map(parseCidr);
  const describe = (address: Address | null): Hop | null =>
    address && {
      text: address.toString(),
      trusted: ranges.some((range) => range[0].kind() === address.kind() && address.match(range)),
    };
  // Parsing is slow, and the same proxies and clients send most requests.
  const peerOf = memoize((text) => describe(parseAddress(text)));
  const hopOf = memoize((text) => describe(parseHop(text)));

  return {
    isTrusted: (peer) => peerOf(peer ?? '')?.trusted ?? false,
    resolve(peer, forwardedFor) {
      let client = peerOf(peer ?? '');
      if (client === null) return null;
      const hops = forwardedFor ? forwardedFor.split(',') : [];
      for (let hop = hops.pop(); hop !== undefined && client.trusted; hop = hops.pop()) {
        const text = hop.replace(/^[ \t]+|[ \t]+$/g, '');
        if (text === '') continue;
        const next = hopOf(text);
        if (next === null) break;
        client = next;
      }
      return client.text;
    },
  };
}

/** Returns a function that remembers the results of `compute` for short texts, up to a limit. */
function memoize<T>(compute: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>();
  return (text) => {
    const remembered = results.get(text);
    if (remembered !== undefined) return remembered;
    const result = compute(text);
    if (results.size >= maxRememberedHops) results.clear();
    if (text.length <= maxRememberedLength) results.set(text, result);
    return result;
  };
}

/** Parses an element of `X-Forwarded-For`: an address, optionally with a port. IPv6 with a port is in brackets. */
function parseHop(text: string): Address | null {
  const match = /^\[([^\]]+)\](?::[0-9]{1,5})?$/.exec(text) ?? /^([^:]+):[0-9]{1,5}$/.exec(text);
  if (match === null) return parseAddress(text);
  const address = match[1] ?? '';
  const bracketed = text.startsWith('[');
  return bracketed === address.includes(':') ? parseAddress(address) : null;
}

/** Parses an address. `isIP` comes first because the library alone also accepts `127.1` and octal numbers. */
function parseAddress(text: string): Address | null {
  return isIP(text) === 0 ? null : withoutMapping(parse(text.replace(/%.*$/, '')));
}

/**
 * The library reads `::127.0.0.1` as the mapped address `::ffff:127.0.0.1`, which would be trusted. The URL parser
 * rewrites it to `::7f00:1` first.
 */
function parse(text: string): Address {
  const mixed = text.includes(':') && text.includes('.');
  return ipaddr.parse(mixed ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
}

function withoutMapping(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
