import type { MiddlewareHandler } from 'hono';
import { containsSecret, containsWholeSecret } from '../../domain/search/secrets.ts';
import type { AppEnv } from '../../http/context.ts';
import { refusedPath, searchPath } from './search-paths.ts';

/** The link of the mail that confirms a new address. Its secret works once, and only for the member who is signed in. */
const confirmationPath = '/profile/email/confirm';

/**
 * Redirects a search, a filter or another address with a secret to an address without it. It runs before everything else, so that not even the
 * page to sign in receives the secret as the address to return to.
 */
export const refuseSecrets: MiddlewareHandler<AppEnv> = async (c, next) => {
  if ((c.req.method !== 'GET' && c.req.method !== 'HEAD') || c.req.path === confirmationPath) return next();
  const sent = Object.entries(c.req.queries()).flat(2);
  if (!sent.some(c.req.path === searchPath ? containsSecret : containsWholeSecret)) return next();
  c.header('Cache-Control', 'no-store');
  return c.redirect(refusedPath, 303);
};
