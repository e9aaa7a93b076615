import { Hono } from 'hono';
import { bulkOutcomeObject } from '../../../http/bulk/bulk-outcome.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { allTokensPath } from '../all/all-tokens-paths.ts';
import { type FilterName, filterNames, ownFilterNames, readFilter } from '../all/token-filters.ts';
import { tokensPath } from '../token-paths.ts';
import { ConfirmPage } from './confirm-page.tsx';
import { OutcomePage } from './outcome-page.tsx';
import { isBulkAction, listOfForm, readAskedTokens, readConfirmedChange } from './read-selection.ts';

type SelectionDeps = Pick<AppDeps, 'tokens' | 'clock' | 'failureLog'>;

/** The lists whose tokens can be selected, with the filters of each. */
const lists: ReadonlyArray<{ path: string; filters: readonly FilterName[] }> = [
  { path: allTokensPath, filters: filterNames },
  { path: tokensPath, filters: ownFilterNames },
];

/** Routes that pause and revoke the selected tokens of a list: a page that asks, and the form on it. Mount them before the pages of tokens, whose paths have an ID in place of `selected`. */
export function selectionPages({ tokens, clock, failureLog }: SelectionDeps) {
  const app = new Hono<AppEnv>();
  for (const list of lists) {
    app.get(`${list.path}/selected`, (c) => ask(c, list)).post(`${list.path}/selected`, (c) => change(c, list.path));
  }
  return app;

  async function ask(c: AppContext, { path, filters }: (typeof lists)[number]): Promise<Response> {
    const { values, errors, query, sort } = readFilter(c, filters);
    const listUrl: PageUrl = { path, query: values };
    // The list says what is wrong with a filter.
    const action = c.req.query('action');
    if (Object.keys(errors).length > 0 || !isBulkAction(action)) return c.redirect(formatUrl(listUrl), 303);
    const { all, ...own } = query;
    const asked = await readAskedTokens(tokens, c, { values, query: path === tokensPath ? own : query, sort });
    return c.render(<ConfirmPage action={action} {...asked} listUrl={listUrl} now={clock.now()} />);
  }

  async function change(c: AppContext, path: string): Promise<Response> {
    const form = await c.req.parseBody();
    const confirmed = readConfirmedChange(form);
    const caller = c.get('caller');
    const outcome =
      confirmed.action === 'revoke'
        ? await tokens.revokeMany(caller, confirmed.ids)
        : await tokens.pauseMany(caller, confirmed.ids, confirmed.pause);
    const shown = bulkOutcomeObject({ failureLog }, c, outcome);
    return c.render(<OutcomePage change={confirmed} outcome={shown} listUrl={listOfForm(path, form)} />);
  }
}
