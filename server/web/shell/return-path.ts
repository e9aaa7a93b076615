import { parseUrl } from '../../../shared/urls.ts';
import { createOwnPath } from '../../http/paths/base-path.ts';

/** The page that members see after signing in, unless they were on their way to another one. */
export const startPath = '/overview';

/**
 * Returns the path and query of a `?next=` parameter, or the start page if the parameter is missing or could lead to another
 * site. The result is a path below the public URL, even if the parameter contains the path of the public URL. Without this check, a crafted link to the sign-in page could send a member to a phishing page afterwards.
 */
export function safeReturnPath(next: string | undefined, publicUrl: string): string {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(next) || next.includes('\\')) return startPath;
  const url = parseUrl(next, publicUrl);
  if (url === null || url.origin !== new URL(publicUrl).origin || url.pathname.startsWith('//')) return startPath;
  const path = createOwnPath(publicUrl)(url.pathname);
  if (path === '/login' || path === '/logout' || path.startsWith('//')) return startPath;
  return path + url.search;
}
