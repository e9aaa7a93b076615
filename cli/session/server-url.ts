import { daemonPathSegments } from '../../shared/daemon-paths.ts';
import { isLoopback, parseUrl } from '../../shared/urls.ts';
import { localError } from '../errors.ts';

/** A daemon's address. */
export interface Server {
  /** Without a trailing slash. Contains the path below which the daemon is installed. */
  readonly url: string;
  /** `host[:port]` and the path, as in keychain accounts: two daemons on one host have different paths. */
  readonly host: string;
}

/** The path of a page or route. People copy such addresses from a browser, a mail or a proxy configuration. */
const daemonPath = new RegExp(`/(?:${daemonPathSegments})(?:[/?#].*)?$`);

/**
 * Parses a server address before any connection is made. Without a scheme, it is `http://` on this machine and `https://`
 * elsewhere. Removes the path of a page or route of the daemon, but not the path below which the daemon is installed.
 * @throws CliError `usage` if it is malformed, `insecure-server` if it would send secrets over plain HTTP.
 */
export function parseServerUrl(text: string, allowInsecureHttp: boolean): Server {
  const address = withScheme(text.trim()).replace(daemonPath, '');
  const url = parseUrl(address) !== null && /^https?:\/\//i.test(address) ? new URL(address) : null;
  if (!url) {
    throw localError(
      'usage',
      'The server address is not valid. Write it as https://tokens.example.com, or http://localhost:8420 on this machine.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw localError(
      'usage',
      'The server address must not contain a user name or password. Run `tokens login` to sign in.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw localError('usage', 'The server address must not contain a query or a fragment.');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowInsecureHttp) {
    throw localError(
      'insecure-server',
      `Refusing http:// to ${url.host}: secrets would cross the network unencrypted. Use https://, or sign in once with \`tokens login --insecure-http\`.`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  return { url: url.origin + path, host: url.host + path };
}

function withScheme(text: string): string {
  if (text.startsWith('/') || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  const plain = `http://${text}`;
  const isLocal = parseUrl(plain) !== null && isLoopback(new URL(plain).hostname);
  return isLocal ? plain : `https://${text}`;
}
