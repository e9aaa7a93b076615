import type { AppContext } from '../../../http/context.ts';
import { idParamSchema } from '../../../http/validate.ts';
import type { PageUrl } from '../../shell/page-url.ts';
import { ownerFilterNames, readFilter, validValues } from '../../tokens/all/token-filters.ts';
import { memberPath } from '../team-paths.ts';

/** Returns the member that the path of a page names. */
export function memberId(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}

/** Returns the URL of the member's page with the filters and the order of the tokens. */
export function readPageUrl(c: AppContext): PageUrl {
  const query = { ...validValues(readFilter(c, ownerFilterNames)), cursor: c.req.query('cursor') || undefined };
  return { path: memberPath(memberId(c)), query };
}
