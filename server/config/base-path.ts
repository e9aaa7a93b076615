import { daemonPathSegments } from '../../shared/daemon-paths.ts';

/**
 * Paths of our own that a public URL must not contain. With the public URL `https://example.com/login`, a request for
 * `/login/sso` could mean the page `/sso` behind a proxy that passes the path on, or `/login/sso` behind one that strips it.
 * And the command line would remove `/sso` from `https://example.com/team/sso`.
 */
const ambiguousPaths = new RegExp(`^/api/?$|/(?:${daemonPathSegments})(?:/|$)`);

/** Returns the path of a public URL, such as `/tokens`, or the empty string. */
export function basePathOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}

/** Returns what is wrong with the path of a public URL, or null. The sentence continues "NAME …". */
export function basePathMistake(publicUrl: string): string | null {
  const basePath = basePathOf(publicUrl);
  if (!/^(?:\/[\w.~-]+)*$/.test(basePath)) {
    return 'must have a path of letters, digits, dots, hyphens and underscores, such as https://example.com/tokens';
  }
  if (!ambiguousPaths.test(basePath)) return null;
  return `must not have the path ${basePath}, because it clashes with pages or routes of tokensd. Choose another path, such as /tokens`;
}
