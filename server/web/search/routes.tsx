import { Hono } from 'hono';
import { maxSearchLength } from '../../domain/search/search.ts';
import type { AppDeps, AppEnv } from '../../http/context.ts';
import { SearchPage } from './search-page.tsx';
import { searchPath } from './search-paths.ts';

/** The route of the search: of everything for superusers and auditors, of what is theirs for others. */
export function searchPages({ search, users, statusContext }: Pick<AppDeps, 'search' | 'users' | 'statusContext'>) {
  return new Hono<AppEnv>().get(searchPath, async (c) => {
    const text = c.req.query('q')?.trim() ?? '';
    const { superuser, auditor } = c.get('caller').user;
    const superusers = superuser || auditor ? [] : await users.superusers();
    const shown = { superusers, statusContext: statusContext() };
    if (text.length > maxSearchLength) {
      return c.render(<SearchPage text="" problem="too-long" {...shown} />, 400);
    }
    const problem = c.req.query('refused') === undefined ? undefined : 'secret';
    const results = text === '' ? undefined : await search.find(c.get('caller'), text);
    return c.render(<SearchPage text={text} results={results} problem={problem} {...shown} />);
  });
}
