import type { MiddlewareHandler } from 'hono';
import { containsSecret } from '../../domain/search/secrets.ts';
import type { AppEnv } from '../../http/context.ts';
import { refusedPath } from './search-paths.ts';

/**
 * Redirects a search for a secret to an address without it. It runs before everything else, so that not even the page to sign in receives the
 * secret as the address to return to.
 */
export const refuseSecrets: MiddlewareHandler<AppEnv> = async (c, next) => {
  const sent = Object.entries(c.req.queries()).flat(2);
  if (!sent.some(containsSecret)) return next();
  c.header('Cache-Control', 'no-store');
  return c.redirect(refusedPath, 303);
};
