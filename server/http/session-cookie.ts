import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isLoopback } from '../../shared/loopback.ts';

/** The cookie that holds a browser's session secret. */
export interface SessionCookie {
  readonly name: string;
  /** Returns the secret that the browser sent, or undefined if it sent none. */
  read(c: Context): string | undefined;
  /** Sets the cookie. `expiresAt` is in milliseconds since the epoch. */
  write(c: Context, secret: string, expiresAt: number): void;
  clear(c: Context): void;
}

/**
 * Creates the session cookie for this public URL. Over HTTPS its name starts with `__Host-`, so that no other host can set
 * it (RFC 6265bis §4.1.3.2). Over plain HTTP, which is allowed on the local machine only, browsers accept neither that
 * prefix nor `Secure`.
 */
export function createSessionCookie(publicUrl: string): SessionCookie {
  const secure = publicUrl.startsWith('https:');
  const name = secure ? '__Host-tokens_session' : 'tokens_session_insecure';
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
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
