import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import type { AppContext, AppDeps } from '../../http/context.ts';
import { cookieScope } from '../../http/cookie.ts';

/** Name of the hidden field in every posting form. */
export const formTokenField = 'form_token';

/**
 * Returns the form token of this browser: an HMAC keyed with the session cookie, or before sign-in with a visitor cookie that
 * this function sets. Another site can neither read nor set these cookies, so it cannot compute the token.
 */
export function issueFormToken(
  { sessionCookie, config }: Pick<AppDeps, 'sessionCookie' | 'config'>,
  c: AppContext,
): string {
  return hmac(sessionCookie.read(c) ?? visitorSecret(c, config.publicUrl));
}

/** Compares the submitted value with the expected token in constant time. */
export function isFormToken(submitted: unknown, expected: string): boolean {
  const [a, b] = [Buffer.from(typeof submitted === 'string' ? submitted : ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(secret: string): string {
  return createHmac('sha256', secret).update('form').digest('base64url');
}

function visitorSecret(c: AppContext, publicUrl: string): string {
  const { name, attributes } = cookieScope(publicUrl, 'visitor');
  const existing = getCookie(c, name);
  if (existing !== undefined && /^[\w-]{43}$/.test(existing)) return existing;
  const secret = randomBytes(32).toString('base64url');
  setCookie(c, name, secret, attributes);
  return secret;
}
