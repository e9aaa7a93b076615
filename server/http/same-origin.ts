import type { AppContext } from './context.ts';

/**
 * Reports whether a browser sent this request from the console's own origin. `Sec-Fetch-Site` decides if the browser sends
 * it; otherwise `Origin` must match the public URL. `Host` and `Referer` never count, and a request with neither header
 * fails.
 */
export function isSameOrigin(c: AppContext, publicUrl: string): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return c.req.header('origin') === new URL(publicUrl).origin;
}
