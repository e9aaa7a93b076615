/** Reports whether a host, as `URL#hostname` returns it, is this machine. Requests to it do not cross a network. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}

/**
 * Returns the URL that a text contains, or null if it is none. `base` is what a relative one refers to.
 *
 * Use this instead of `URL.canParse`: once V8 has optimized that, Node.js 20 rejects texts with a letter such as `ü`.
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
