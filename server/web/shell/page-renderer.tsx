import type { MiddlewareHandler } from 'hono';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { redact } from '../../../shared/redact.ts';
import { type Caller, readsEverything } from '../../domain/caller.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { createAddBasePath } from '../../http/paths/base-path.ts';
import { readSearchKey } from './frame/search-key.ts';
import { readTheme } from './frame/theme.ts';
import { createMessages } from './messages/messages.ts';
import { noticeMessage } from './messages/notice.ts';
import { pageContext } from './page-context.ts';
import { formatUrl } from './page-url.ts';
import { startPath } from './return-path.ts';

/** The value of a JSX expression. */
export type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

declare module 'hono' {
  interface ContextRenderer {
    // biome-ignore lint/style/useShorthandFunctionType: an interface merges with Hono's, a type alias does not
    (page: Page, status?: ContentfulStatusCode): Response | Promise<Response>;
  }
}

/**
 * Makes `c.render(<SomePage />)` provide the request's `PageContext` to the page and all its components, and add the path of
 * the public URL to the page's addresses.
 */
export function renderPages({
  organization,
  publicUrl,
  sendsMail,
  hasSso,
}: Pick<AppDeps['config'], 'organization' | 'publicUrl'> &
  Pick<AppDeps, 'sendsMail'> & { hasSso: boolean }): MiddlewareHandler<AppEnv> {
  const addBasePath = createAddBasePath(publicUrl);
  const messages = createMessages(publicUrl);
  return (c, next) => {
    c.setRenderer(async (page, status) => {
      // AppEnv declares the caller for every route, but it is undefined on pages for visitors.
      const caller: Caller | undefined = c.get('caller');
      const context = {
        organization,
        publicUrl,
        sendsMail,
        hasSso,
        requestId: c.get('requestId'),
        notice: noticeMessage(c.req.query('notice')),
        message: c.req.method === 'GET' ? messages.take(c) : undefined,
        path: addressOf(c),
        theme: readTheme(c, publicUrl),
        searchKey: readSearchKey(c, publicUrl),
        formToken: c.get('formToken'),
        member: caller?.user ?? null,
        seesServiceAccounts: caller !== undefined && (readsEverything(caller) || c.get('maintains') === true),
      };
      const html: string = await (<pageContext.Provider value={context}>{page}</pageContext.Provider>).toString();
      return c.html(addBasePath(html), status);
    });
    return next();
  };
}

/** Returns the address at which a GET shows this page again, without a dialog or the message about a change. */
function addressOf(c: AppContext): string {
  if (c.req.method !== 'GET') return startPath;
  const { done, notice, dialog, ...query } = c.req.query();
  // A page never shows a secret that its address contains.
  const shown = Object.entries(query).filter((entry) => entry.every((text) => redact(text) === text));
  return formatUrl({ path: c.req.path, query: Object.fromEntries(shown) });
}
