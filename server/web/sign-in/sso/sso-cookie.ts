import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { limits } from '../../../../shared/limits.ts';
import type { AppContext } from '../../../http/context.ts';
import { cookieScope } from '../../../http/cookie.ts';

const pendingSchema = z.object({ state: z.string(), nonce: z.string(), codeVerifier: z.string(), next: z.string() });

/** A sign-in that this browser started at the identity provider. Only this cookie binds the sign-in to the browser. */
export type PendingSsoSignIn = z.infer<typeof pendingSchema>;

export interface SsoCookie {
  write(c: AppContext, pending: PendingSsoSignIn): void;
  /** Returns the pending sign-in and removes the cookie, so that it is used once. Returns null if there is none. */
  take(c: AppContext): PendingSsoSignIn | null;
}

export function createSsoCookie(publicUrl: string): SsoCookie {
  const { name, attributes } = cookieScope(publicUrl, 'sso');
  return {
    write(c, pending) {
      const value = Buffer.from(JSON.stringify(pending)).toString('base64url');
      setCookie(c, name, value, { ...attributes, maxAge: limits.ssoSignInLifetimeMs / 1000 });
    },
    take(c) {
      const value = getCookie(c, name);
      if (value === undefined) return null;
      deleteCookie(c, name, attributes);
      return parse(Buffer.from(value, 'base64url').toString());
    },
  };
}

function parse(text: string): PendingSsoSignIn | null {
  try {
    return pendingSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
