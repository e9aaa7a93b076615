import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isLoopback } from '../../shared/loopback.ts';
import type { AppContext } from './context.ts';

/** The browser's session. Over https its name begins with `__Host-`, so that no other host can set it (RFC 6265bis §4.1.3.2). */
export interface SessionCookie {
  read(c: AppContext): string | undefined;
  /** `expiresAt` in milliseconds since the epoch. */
  write(c: AppContext, secret: string, expiresAt: number): void;
  clear(c: AppContext): void;
}

/** Browsers take neither the prefix nor `Secure` over plain http, which is for one's own machine only. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-tokens_session' : 'tokens_session_insecure';
}

export function createSessionCookie(publicUrl: string): SessionCookie {
  const name = sessionCookieName(publicUrl);
  const secure = name.startsWith('__Host-');
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
  return {
    read: (c) => getCookie(c, name),
    write: (c, secret, expiresAt) => setCookie(c, name, secret, { ...attributes, expires: new Date(expiresAt) }),
    clear: (c) => {
      deleteCookie(c, name, attributes);
    },
  };
}

/** Whether nobody on the way can read a session: https, or this very machine. */
export function mayCarrySessions(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' || isLoopback(hostname);
}
