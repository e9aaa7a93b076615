import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A range of addresses: the first one, and how many leading bits count. */
export type Cidr = [address: Address, length: number];

/** Who is at the other end, seen past the proxies that are trusted. */
export interface ClientIp {
  /** Whether what this socket peer says about the original request counts. */
  isTrusted(peer: string | null | undefined): boolean;
  /**
   * Walks `X-Forwarded-For` (its fields joined with commas) from the right past trusted hops. Answers canonical text
   * (RFC 5952), or null if the peer has no address.
   */
  resolve(peer: string | null | undefined, forwardedFor: string | null | undefined): string | null;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. @throws Error that names the text */
export function parseCidr(text: string): Cidr {
  const [, base = '', bits] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  if (isIP(base) === 0 || base.includes('%')) throw notCidr(text);
  const address = parse(base);
  const longest = address.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? longest : Number(bits);
  if (length > longest) throw notCidr(text);
  const plain = withoutMapping(address);
  return plain !== address && length >= 96 ? [plain, length - 96] : [address, length];
}

function notCidr(text: string): Error {
  return new Error(`“${text}” is neither an IP address nor a CIDR range such as 10.0.0.0/8 or fd00::/8.`);
}

interface Hop {
  /** Canonical. */
  text: string;
  trusted: boolean;
}

const rememberedHops = 10_000;

export function createClientIp(trustedCidrs: readonly string[]): ClientIp {
  const ranges = trustedCidrs.map(parseCidr);
  const describe = (address: Address | null): Hop | null =>
    address && {
      text: address.toString(),
      trusted: ranges.some((range) => range[0].kind() === address.kind() && address.match(range)),
    };
  // The same proxies and clients come again and again, and verification has little time.
  const peerOf = remembering((text) => describe(parseAddress(text)));
  const hopOf = remembering((text) => describe(parseHop(text)));

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

/** The same function of a text, with a memory of bounded size for short ones. */
function remembering<T>(describe: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = describe(text);
    if (known.size >= rememberedHops) known.clear();
    if (text.length <= 64) known.set(text, found);
    return found;
  };
}

/** An element of `X-Forwarded-For`: an address, maybe with a port; IPv6 then stands in brackets. */
function parseHop(text: string): Address | null {
  const match = /^\[([^\]]+)\](?::[0-9]{1,5})?$/.exec(text) ?? /^([^:]+):[0-9]{1,5}$/.exec(text);
  if (match === null) return parseAddress(text);
  const address = match[1] ?? '';
  const bracketed = text.startsWith('[');
  return bracketed === address.includes(':') ? parseAddress(address) : null;
}

/** `isIP` first: the library alone also takes `127.1` and octal numbers. */
function parseAddress(text: string): Address | null {
  return isIP(text) === 0 ? null : withoutMapping(parse(text.replace(/%.*$/, '')));
}

/** The library takes `::127.0.0.1` for the mapped `::ffff:127.0.0.1`; the URL parser writes it as `::7f00:1`. */
function parse(text: string): Address {
  const mixed = text.includes(':') && text.includes('.');
  return ipaddr.parse(mixed ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
}

function withoutMapping(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
