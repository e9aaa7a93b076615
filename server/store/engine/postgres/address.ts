import pg from 'pg';
import type { DatabaseUrl } from '../engine.ts';
import { describeTrouble } from './remedies.ts';

/**
 * Returns a function that returns the driver's options for the current URL. If the URL cannot be read or is invalid at
 * the moment, for example because its file is being written, the function returns the last valid options.
 *
 * @throws Error with a message to show, if the URL is invalid from the beginning. `setting` is what holds the URL
 */
export function createAddress(databaseUrl: DatabaseUrl, setting: string): () => pg.ClientConfig {
  const read = () => {
    const options = toOptions(typeof databaseUrl === 'string' ? databaseUrl : databaseUrl());
    // The driver parses the URL, and reads the certificates that it names. A pool could not handle its exceptions.
    new pg.Client(options);
    return options;
  };
  let valid: pg.ClientConfig;
  try {
    valid = read();
  } catch (error) {
    throw new Error(describeTrouble('Cannot use the database URL', error, setting));
  }
  return () => {
    try {
      valid = read();
    } catch {
      // The last valid options stay in use.
    }
    return valid;
  };
}

/**
 * Every `sslmode` that may require TLS means `verify-full`, unless the URL asks for libpq's weaker meaning. The driver
 * does the same, but warns about it on stderr. libpq's `sslrootcert=system` is the driver's default.
 */
function toOptions(databaseUrl: string): pg.ClientConfig {
  const connectionString = /[?&]uselibpqcompat=true\b/.test(databaseUrl)
    ? databaseUrl
    : databaseUrl
        .replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
        .replace(/([?&])sslrootcert=system(?=&|$)/, '$1sslmode=verify-full');
  return { connectionString, application_name: 'tokensd' };
}
