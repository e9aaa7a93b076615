import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import type { AppContext } from '../../http/context.ts';

const pendingSchema = z.object({ state: z.string(), nonce: z.string(), codeVerifier: z.string(), next: z.string() });

/** A sign-in that this browser began at the identity provider. It is bound to the browser by this cookie alone. */
export type PendingInBrowser = z.infer<typeof pendingSchema>;

export interface PendingCookie {
  write(c: AppContext, pending: PendingInBrowser): void;
  /** Reads it and takes it away: each is for one return. Null if there is none. */
  take(c: AppContext): PendingInBrowser | null;
}

export function createPendingCookie(publicUrl: string): PendingCookie {
  const secure = publicUrl.startsWith('https:');
  const name = secure ? '__Host-tokens_sso' : 'tokens_sso_insecure';
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
  return {
    write(c, pending) {
      const value = Buffer.from(JSON.stringify(pending)).toString('base64url');
      setCookie(c, name, value, { ...attributes, maxAge: limits.ssoSignInLife / 1000 });
    },
    take(c) {
      const value = getCookie(c, name);
      if (value === undefined) return null;
      deleteCookie(c, name, attributes);
      return parse(Buffer.from(value, 'base64url').toString());
    },
  };
}

function parse(text: string): PendingInBrowser | null {
  try {
    return pendingSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
