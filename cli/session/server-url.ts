import { isLoopback } from '../../shared/loopback.ts';
import { localError } from '../errors.ts';

/** A daemon's address. `url` has no trailing slash. `host` is `host[:port]`, as in keychain accounts. */
export interface Server {
  readonly url: string;
  readonly host: string;
}

/**
 * Parses a server address before any connection is made.
 * @throws CliError `usage` if it is malformed, `insecure-server` if it would send secrets over plain HTTP.
 */
export function parseServerUrl(text: string, allowInsecureHttp: boolean): Server {
  const url = URL.canParse(text) && /^https?:\/\//i.test(text.trim()) ? new URL(text) : null;
  if (!url) {
    throw localError('usage', 'The server address must start with https:// (or http:// on this machine).');
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
  return { url: url.origin + url.pathname.replace(/\/+$/, ''), host: url.host };
}
