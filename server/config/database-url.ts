import { z } from 'zod';
import { parseUrl } from '../../shared/urls.ts';

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
  return parseUrl(text) !== null ? parameterMistake(new URL(text)) : shape;
}

/**
 * The parameters that a PostgreSQL URL may have, with the pattern of their values and what the message says. The driver
 * ignores those that it does not know, so that `sslmod=verify-full` would not encrypt.
 */
const parameters: Readonly<Record<string, { pattern: RegExp; is: string }>> = {
  sslmode: {
    pattern: /^(?:disable|prefer|require|verify-ca|verify-full|no-verify)$/,
    is: 'disable, require, prefer, verify-ca, verify-full or no-verify',
  },
  sslrootcert: { pattern: /./, is: 'a file' },
  sslcert: { pattern: /./, is: 'a file' },
  sslkey: { pattern: /./, is: 'a file' },
  sslnegotiation: { pattern: /^(?:postgres|direct)$/, is: 'postgres or direct' },
  ssl: { pattern: /^(?:true|false|1|0|no-verify)$/, is: 'true, false or no-verify' },
  uselibpqcompat: { pattern: /^(?:true|false)$/, is: 'true or false' },
  application_name: { pattern: /./, is: 'a text' },
  options: { pattern: /./, is: 'options of the server' },
  user: { pattern: /./, is: 'a role' },
  password: { pattern: /./, is: 'a text' },
  host: { pattern: /./, is: 'a host' },
  port: { pattern: /^[0-9]{1,5}$/, is: 'a number' },
};

function parameterMistake({ search, searchParams }: URL): string | null {
  for (const [name, value] of searchParams) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) {
      // An @ may come from a password that is not percent-encoded.
      const unknown = search.includes('@') ? 'an unknown parameter' : `the unknown parameter ${JSON.stringify(name)}`;
      return `has ${unknown} (known: ${Object.keys(parameters).join(', ')})`;
    }
    if (!parameter.pattern.test(value)) return `must give its parameter ${name} as ${parameter.is}`;
  }
  return null;
}

/**
 * Returns the `/`, `?` or `#` that ends the host too early, because it belongs to the credentials. An `@` after it gives
 * it away, unless the URL is valid as it is and the `@` belongs to a parameter.
 */
function unencodedDelimiter(text: string, rest: string): string | null {
  const credentials = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
  const [delimiter] = /[/?#]/.exec(credentials) ?? [];
  if (delimiter === undefined) return null;
  if (parseUrl(text) === null)
    return credentials.slice(0, credentials.indexOf(delimiter)).includes('@') ? null : delimiter;
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
