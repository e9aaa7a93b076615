import ipaddr from 'ipaddr.js';

/** What browsers bind passkeys to (WebAuthn §4). */
export interface RelyingParty {
  /** The host of the public URL. A passkey works for no other host. */
  id: string;
  /** The scheme, host and port of the public URL. Browsers report it in each response. */
  origin: string;
  /** What browsers and authenticators show. */
  name: string;
}

/** Returns the relying party of a public URL, or null if browsers offer no passkeys there. They need HTTPS and a domain name, or `localhost`. */
export function relyingPartyOf(publicUrl: string, organization: string | null): RelyingParty | null {
  const { protocol, hostname, origin } = new URL(publicUrl);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  const isAddress = hostname.startsWith('[') || ipaddr.isValid(hostname);
  if (isAddress || (protocol !== 'https:' && !isLocal)) return null;
  return { id: hostname, origin, name: organization ?? 'tokens' };
}
