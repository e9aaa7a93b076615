/** What answered at an address. */
export type Answer =
  /** A tokensd, whose OAuth metadata name this public URL. */
  | { kind: 'tokensd'; issuer: string }
  | { kind: 'redirect'; to: string }
  /** Something else, or a proxy that does not reach tokensd. */
  | { kind: 'other'; status: number }
  /** Nothing. `code` is that of Node.js, such as `ECONNREFUSED`. */
  | { kind: 'none'; code: string };

/** The document by which a tokensd is recognized: every one publishes it, and it contains the public URL. */
const metadataPath = '/.well-known/oauth-authorization-server';
const maxMs = 8_000;

/** Asks what answers at a base address. Follows no redirect. */
export async function askDaemon(baseUrl: string): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), maxMs);
  try {
    const response = await fetch(baseUrl + metadataPath, { redirect: 'manual', signal: controller.signal });
    const to = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && to !== null) {
      await response.body?.cancel();
      return { kind: 'redirect', to: new URL(to, baseUrl).href };
    }
    const issuer = readIssuer(await response.text());
    if (response.status === 200 && issuer !== null) return { kind: 'tokensd', issuer };
    return { kind: 'other', status: response.status };
  } catch (error) {
    return { kind: 'none', code: codeOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the issuer in the metadata of a tokensd, or null for another document. */
function readIssuer(text: string): string | null {
  try {
    const { issuer, introspection_endpoint: introspection } = JSON.parse(text);
    return typeof issuer === 'string' && introspection === `${issuer}/oauth/introspect` ? issuer : null;
  } catch {
    return null;
  }
}

/** Returns the code of the innermost cause. If both IPv4 and IPv6 failed, that of the first address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error.name === 'AbortError') return 'ETIMEDOUT';
  const [first] = error instanceof AggregateError ? error.errors : [];
  const cause = first ?? error.cause;
  if (cause !== undefined) return codeOf(cause);
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
