import { type Address, parseAddress, parseCidr } from '../config/ip-address.ts';
import { memoize } from '../memoize.ts';
import { unixPeer } from './internal/unix-peer.ts';
import type { RawHeaders } from './wire/raw-headers.ts';

/**
 * How much of `X-Forwarded-For` is used, counted from its end: characters and hops. Real chains are far shorter, and a client
 * may put anything before its own address.
 */
const maxForwardedForLength = 2048;
const maxHops = 20;

/** Finds the client's address behind trusted proxies. */
export interface ClientIp {
  /** Reports whether a socket peer is a trusted proxy or `unixPeer`, whose header fields about the original request are used. */
  isTrusted(peer: string | null | undefined): boolean;
  /**
   * Walks `X-Forwarded-For` (its fields joined with commas) from the right and past trusted hops, within the limits above.
   * Returns the client's address in canonical form (RFC 5952), or null if the peer has no address.
   */
  resolve(peer: string | null | undefined, forwardedFor: string | null | undefined): string | null;
  /**
   * Returns the client's address only if a trusted proxy reported it. Unlike `resolve`, it returns null instead of the address of the
   * peer or of another proxy.
   */
  reported(peer: string | null | undefined, forwardedFor: string | null): string | null;
}

/**
 * Returns the end of the `X-Forwarded-For` fields, joined with commas, or null if there is none. It is no longer than
 * `resolve` needs.
 */
export function forwardedForOf(rawHeaders: RawHeaders): string | null {
  let joined: string | null = null;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== 15 || name.toLowerCase() !== 'x-forwarded-for') continue;
    const value = rawHeaders[i + 1] ?? '';
    joined = joined === null ? value : `${value},${joined}`;
    // One character more shows that something was cut. The copy keeps the whole value from staying in memory.
    if (joined.length > maxForwardedForLength) return Buffer.from(joined.slice(-maxForwardedForLength - 1)).toString();
  }
  return joined;
}

interface Hop {
  /** The address in canonical form; null for a peer on a Unix socket. */
  text: string | null;
  trusted: boolean;
}

/** Every address with a port is shorter. Without this limit, a client could fill the memory with long texts. */
const remembered = { maxEntries: 10_000, maxLength: 64 };

export function createClientIp(trustedCidrs: readonly string[]): ClientIp {
  const ranges = trustedCidrs.map(parseCidr);
  const describe = (address: Address | null): Hop | null =>
    address && {
      text: address.toString(),
      trusted: ranges.some((range) => range[0].kind() === address.kind() && address.match(range)),
    };
  // Parsing is slow, and the same proxies and clients send most requests.
  const peerOf = memoize(
    (text) => (text === unixPeer ? { text: null, trusted: true } : describe(parseAddress(text))),
    remembered,
  );
  const hopOf = memoize((text) => describe(parseHop(text)), remembered);
  const toldBy = memoize((forwardedFor) => toldAddress(forwardedFor, hopOf), remembered);

  return {
    isTrusted: (peer) => peerOf(peer ?? '')?.trusted ?? false,
    resolve(peer, forwardedFor) {
      let client = peerOf(peer ?? '');
      if (client === null) return null;
      const hops = lastHops(forwardedFor ?? '');
      for (let hop = hops.pop(); hop !== undefined && client.trusted; hop = hops.pop()) {
        const text = trimmed(hop);
        if (text === '') continue;
        const next = hopOf(text);
        if (next === null) break;
        client = next;
      }
      return client.text;
    },
    reported(peer, forwardedFor) {
      if (forwardedFor === null || peerOf(peer ?? '')?.trusted !== true) return null;
      return toldBy(forwardedFor);
    },
  };
}

function toldAddress(forwardedFor: string, hopOf: (text: string) => Hop | null): string | null {
  let client: Hop | null = null;
  const hops = lastHops(forwardedFor);
  for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
    const text = trimmed(hop);
    if (text === '') continue;
    client = hopOf(text);
    if (client === null) return null;
    if (!client.trusted) return client.text;
  }
  // Every hop is trusted. The first one is the client, unless there are more that were not read.
  return client === null || exceedsLimits(forwardedFor) ? null : client.text;
}

function trimmed(hop: string): string {
  return hop.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Splits the end of `X-Forwarded-For` into its elements. Leaves out an element that it would have to cut. */
function lastHops(forwardedFor: string): string[] {
  if (forwardedFor === '') return [];
  const hops = forwardedFor.slice(-maxForwardedForLength).split(',');
  if (forwardedFor.length > maxForwardedForLength) hops.shift();
  return hops.slice(-maxHops);
}

function exceedsLimits(forwardedFor: string): boolean {
  return forwardedFor.length > maxForwardedForLength || forwardedFor.split(',').length > maxHops;
}

/** Parses an element of `X-Forwarded-For`: an address, optionally with a port. IPv6 with a port is in brackets. */
function parseHop(text: string): Address | null {
  const match = /^\[([^\]]+)\](?::[0-9]{1,5})?$/.exec(text) ?? /^([^:]+):[0-9]{1,5}$/.exec(text);
  if (match === null) return parseAddress(text);
  const address = match[1] ?? '';
  const bracketed = text.startsWith('[');
  return bracketed === address.includes(':') ? parseAddress(address) : null;
}
