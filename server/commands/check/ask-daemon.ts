import type { ListenAddress } from '../../config/listen-address.ts';
import { askLocally } from './local-request.ts';

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
/** Both limits together are shorter than that of a group of checks. */
const maxMs = { here: 3_000, there: 6_000 };

/** Asks what answers at an address of this machine. */
export async function askDaemonHere(address: ListenAddress): Promise<Answer> {
  try {
    const { status, location, body } = await askLocally(address, metadataPath, maxMs.here);
    return readAnswer({ status, location, body, baseUrl: 'http://localhost' });
  } catch (error) {
    return { kind: 'none', code: codeOf(error) };
  }
}

/** Asks what answers at a base URL. Follows no redirect. */
export async function askDaemonAt(baseUrl: string): Promise<Answer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), maxMs.there);
  try {
    const response = await fetch(baseUrl + metadataPath, { redirect: 'manual', signal: controller.signal });
    const { status, headers } = response;
    return readAnswer({ status, location: headers.get('location'), body: await response.text(), baseUrl });
  } catch (error) {
    return { kind: 'none', code: codeOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

interface Response {
  status: number;
  location: string | null;
  body: string;
  baseUrl: string;
}

function readAnswer({ status, location, body, baseUrl }: Response): Answer {
  if (status >= 300 && status < 400 && location !== null) {
    return { kind: 'redirect', to: new URL(location, baseUrl).href };
  }
  const issuer = readIssuer(body);
  return status === 200 && issuer !== null ? { kind: 'tokensd', issuer } : { kind: 'other', status };
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
