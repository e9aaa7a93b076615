import type { AppContext } from '../../../http/context.ts';
import { searchPath } from '../../search/search-paths.ts';
import { formatUrl } from '../../shell/page-url.ts';

/** No name looks like this. */
const prefix = /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8}$/;

/**
 * Returns the address of the search if the filter by name is a prefix, because a pasted value was cut to it. The search also
 * finds prefixes of old values and of ended tokens. Returns null for any other name.
 */
export function searchForPrefix(c: AppContext): Response | null {
  const q = c.req.query('q')?.trim() ?? '';
  return c.req.method === 'GET' && prefix.test(q)
    ? c.redirect(formatUrl({ path: searchPath, query: { q } }), 303)
    : null;
}
