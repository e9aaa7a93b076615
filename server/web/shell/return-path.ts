/** The page that members see after signing in, unless they were on their way to another one. */
export const startPath = '/profile/api-tokens';

/**
 * Returns the path and query of a `?next=` parameter, or the start page if the parameter is missing or could lead to another
 * site. Without this check, a crafted link to the sign-in page could send a member to a phishing page afterwards.
 */
export function safeReturnPath(next: string | undefined, publicUrl: string): string {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(next) || next.includes('\\')) return startPath;
  const url = URL.canParse(next, publicUrl) ? new URL(next, publicUrl) : null;
  if (url === null || url.origin !== new URL(publicUrl).origin || url.pathname.startsWith('//')) return startPath;
  if (url.pathname === '/login' || url.pathname === '/logout') return startPath;
  return url.pathname + url.search;
}
