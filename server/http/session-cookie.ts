import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isLoopback } from '../../shared/loopback.ts';
import { cookieScope } from './cookie.ts';

/** The cookie that holds a browser's session secret. */
export interface SessionCookie {
  readonly name: string;
  /** Returns the secret that the browser sent, or undefined if it sent none. */
  read(c: Context): string | undefined;
  /** Sets the cookie. `expiresAt` is in milliseconds since the epoch. */
  write(c: Context, secret: string, expiresAt: number): void;
  clear(c: Context): void;
}

/** Creates the session cookie for this public URL. */
export function createSessionCookie(publicUrl: string): SessionCookie {
  const { name, attributes } = cookieScope(publicUrl, 'session');
  return {
    name,
    read: (c) => getCookie(c, name),
    write: (c, secret, expiresAt) => setCookie(c, name, secret, { ...attributes, expires: new Date(expiresAt) }),
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
