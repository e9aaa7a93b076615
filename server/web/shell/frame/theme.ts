import { getCookie, setCookie } from 'hono/cookie';
import type { AppContext } from '../../../http/context.ts';
import { cookieScope } from '../../../http/cookie.ts';
import { maxCookieSeconds } from '../../../http/session-cookie.ts';

/** `system` follows the setting of the operating system. */
export const themes = ['system', 'light', 'dark'] as const;

export type Theme = (typeof themes)[number];

export const themePath = '/profile/theme';

/** Returns the theme that this browser chose, or `system`. */
export function readTheme(c: AppContext, publicUrl: string): Theme {
  const chosen = getCookie(c, cookieScope(publicUrl, 'theme').name);
  return isTheme(chosen) ? chosen : 'system';
}

/** Remembers the theme in this browser. An unknown theme changes nothing. */
export function rememberTheme(c: AppContext, publicUrl: string, theme: unknown): void {
  if (!isTheme(theme)) return;
  const { name, attributes } = cookieScope(publicUrl, 'theme');
  setCookie(c, name, theme, { ...attributes, maxAge: maxCookieSeconds });
}

function isTheme(text: unknown): text is Theme {
  return themes.some((theme) => theme === text);
}
