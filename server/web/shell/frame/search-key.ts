import { getCookie, setCookie } from 'hono/cookie';
import type { AppContext } from '../../../http/context.ts';
import { cookieScope } from '../../../http/cookie.ts';
import { maxCookieSeconds } from '../../../http/session-cookie.ts';

/**
 * Whether the key `/` moves the focus to the search. The key can be turned off, because speech input can press single keys by
 * accident.
 */
export const searchKeyChoices = ['on', 'off'] as const;

export const searchKeyPath = '/profile/search-key';

/** Returns whether the key works in this browser. */
export function readSearchKey(c: AppContext, publicUrl: string): boolean {
  return getCookie(c, cookieScope(publicUrl, 'search-key').name) !== 'off';
}

/** Remembers the choice in this browser. An unknown one changes nothing. */
export function rememberSearchKey(c: AppContext, publicUrl: string, choice: unknown): void {
  const chosen = searchKeyChoices.find((one) => one === choice);
  if (chosen === undefined) return;
  const { name, attributes } = cookieScope(publicUrl, 'search-key');
  setCookie(c, name, chosen, { ...attributes, maxAge: maxCookieSeconds });
}
