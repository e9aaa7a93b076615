import { z } from 'zod';

const shape = 'must be sqlite:/path/to/file or postgres://user:password@host:5432/database';

/** Parses the database URL. Its messages continue "NAME …". */
export const databaseUrlValue = z.string().superRefine((text, context) => {
  const mistake = databaseUrlMistake(text);
  if (mistake !== null) context.addIssue(mistake);
});

/**
 * Returns what is wrong with a database URL, as the rest of a sentence that starts with its setting. Returns null if
 * nothing is. The text may contain a password, so no message quotes it.
 */
export function databaseUrlMistake(text: string): string | null {
  if (/^sqlite:./.test(text)) return null;
  const [, rest] = /^postgres(?:ql)?:\/\/(.+)$/.exec(text) ?? [];
  if (rest === undefined) return shape;
  const delimiter = unencodedDelimiter(text, rest);
  if (delimiter !== null) {
    return `has an unencoded ${delimiter} in the user name or password. Percent-encode it: the password a/b#c is written a%2Fb%23c`;
  }
  if (hostsOf(text, rest).includes(',')) {
    return 'names several hosts, but tokensd connects to one. Use an address that always leads to the primary: a virtual IP address, HAProxy, pgbouncer, or the writer endpoint of your provider';
  }
  return URL.canParse(text) ? null : shape;
}

/**
 * Returns the `/`, `?` or `#` that ends the host too early, because it belongs to the credentials. An `@` after it gives
 * it away, unless the URL is valid as it is and the `@` belongs to a parameter.
 */
function unencodedDelimiter(text: string, rest: string): string | null {
  const credentials = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
  const [delimiter] = /[/?#]/.exec(credentials) ?? [];
  if (delimiter === undefined) return null;
  if (!URL.canParse(text)) return credentials.slice(0, credentials.indexOf(delimiter)).includes('@') ? null : delimiter;
  const { username, pathname, search, hash } = new URL(text);
  const misplaced = pathname.includes('@') || hash.includes('@') || /^\?[^=]*@/.test(search);
  return username === '' && misplaced ? delimiter : null;
}

/** Returns the part of the URL that names hosts and ports, and the parameter that libpq accepts in its place. */
function hostsOf(text: string, rest: string): string {
  const [authority = ''] = rest.split(/[/?#]/);
  const [, parameter = ''] = /[?&]host=([^&#]*)/.exec(text) ?? [];
  return `${authority.slice(authority.lastIndexOf('@') + 1)} ${parameter}`;
}
