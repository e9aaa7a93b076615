import type { AppContext } from './context.ts';

/**
 * Whether a browser sent this from our own pages: `Sec-Fetch-Site` says so where the browser knows it, else `Origin` must
 * be the configured public URL's. Neither the request's Host nor a `Referer` counts; a request with neither field fails.
 */
export function isSameOrigin(c: AppContext, publicUrl: string): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return c.req.header('origin') === new URL(publicUrl).origin;
}
