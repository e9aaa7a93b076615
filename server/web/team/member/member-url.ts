import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import { idParamSchema } from '../../../http/validate.ts';
import type { PageUrl } from '../../shell/page-url.ts';
import { memberPath } from '../team-paths.ts';

/** Returns the member that the path of a page names. */
export function memberId(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}

/** Returns the URL of the member's page with the filters of the tokens. */
export function readPageUrl(c: AppContext): PageUrl {
  const { q, status, cursor } = c.req.query();
  return {
    path: memberPath(memberId(c)),
    query: {
      q: q?.trim() || undefined,
      status: tokenStatusSchema.safeParse(status).data,
      cursor: cursor || undefined,
    },
  };
}
