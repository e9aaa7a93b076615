import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import type { AppContext, AppDeps } from '../../http/context.ts';

/** The name of the hidden field in every form. */
export const formTokenField = 'form_token';

/**
 * The visitor's form token: an HMAC under the session cookie, or under a cookie of its own before sign-in. Another site can
 * neither read nor set those cookies, so it cannot know the token.
 */
export function issueFormToken(
  { sessionCookie, config }: Pick<AppDeps, 'sessionCookie' | 'config'>,
  c: AppContext,
): string {
  return hmac(sessionCookie.read(c) ?? visitorSecret(c, config.publicUrl));
}

/** Constant-time comparison with what the form sent. */
export function isFormToken(sent: unknown, expected: string): boolean {
  const [a, b] = [Buffer.from(typeof sent === 'string' ? sent : ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(secret: string): string {
  return createHmac('sha256', secret).update('form').digest('base64url');
}

function visitorSecret(c: AppContext, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:');
  const name = secure ? '__Host-tokens_visitor' : 'tokens_visitor_insecure';
  const known = getCookie(c, name);
  if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
  const secret = randomBytes(32).toString('base64url');
  setCookie(c, name, secret, { path: '/', httpOnly: true, sameSite: 'Lax', secure });
  return secret;
}
