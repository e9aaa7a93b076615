/** Where a signed-in member starts. */
export const startPage = '/profile/api-tokens';

/** A `?next=` that stays on this site, as path and query; anything else becomes the start page. */
export function safeNext(next: string | undefined, publicUrl: string): string {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(next) || next.includes('\\')) return startPage;
  const url = URL.canParse(next, publicUrl) ? new URL(next, publicUrl) : null;
  if (url === null || url.origin !== new URL(publicUrl).origin || url.pathname.startsWith('//')) return startPage;
  if (url.pathname === '/login' || url.pathname === '/logout') return startPage;
  return url.pathname + url.search;
}
