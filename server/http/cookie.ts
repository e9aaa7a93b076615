import { basePathOf } from '../config/base-path.ts';

/** The name and attributes of a cookie that only this daemon reads. */
export interface CookieScope {
  name: string;
  attributes: { path: string; httpOnly: true; sameSite: 'Lax'; secure: boolean };
}

/**
 * Returns the scope of a cookie for this public URL. Over HTTPS the name starts with `__Host-`, so that no other host can set
 * the cookie (RFC 6265bis §4.1.3.2). Below a path it starts with `__Secure-` instead, because `__Host-` requires `Path=/`, which
 * would share the cookie with everything else on the host. Over plain HTTP, which is allowed on the local machine only,
 * browsers accept neither prefix nor `Secure`.
 */
export function cookieScope(
  publicUrl: string,
  purpose: 'session' | 'visitor' | 'sso' | 'step' | 'device' | 'theme' | 'search-key' | 'message',
): CookieScope {
  const secure = publicUrl.startsWith('https:');
  const path = basePathOf(publicUrl) || '/';
  const prefix = path === '/' ? '__Host-' : '__Secure-';
  const name = secure ? `${prefix}tokens_${purpose}` : `tokens_${purpose}_insecure`;
  return { name, attributes: { path, httpOnly: true, sameSite: 'Lax', secure } };
}
