import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isLoopback } from '../../shared/urls.ts';
import { cookieScope } from './cookie.ts';

/** The cookie that holds a browser's session secret. */
export interface SessionCookie {
  readonly name: string;
  /** Returns the secret that the browser sent, or undefined if it sent none. */
  read(c: Context): string | undefined;
  /** Sets the cookie for as long as the session can last. Of `maxAgeMs`, browsers accept at most 400 days. */
  write(c: Context, secret: string, maxAgeMs: number): void;
  clear(c: Context): void;
}

/** RFC 6265bis §5.6.2. `setCookie` throws beyond it. */
export const maxCookieSeconds = 400 * 24 * 60 * 60;

/** Creates the session cookie for this public URL. */
export function createSessionCookie(publicUrl: string): SessionCookie {
  const { name, attributes } = cookieScope(publicUrl, 'session');
  return {
    name,
    read: (c) => getCookie(c, name),
    // Send an age instead of a time, because a browser whose clock is ahead would discard a short session at once.
    write: (c, secret, maxAgeMs) =>
      setCookie(c, name, secret, { ...attributes, maxAge: Math.min(Math.floor(maxAgeMs / 1000), maxCookieSeconds) }),
    clear: (c) => {
      deleteCookie(c, name, attributes);
    },
  };
}

/** Reports whether a session stays private on its way here: the public URL uses HTTPS or names this machine. */
export function mayCarrySessions(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' || isLoopback(hostname);
}
