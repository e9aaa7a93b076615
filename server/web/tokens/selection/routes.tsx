import { Hono } from 'hono';
import { bulkOutcomeObject } from '../../../http/bulk/bulk-outcome.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { allTokensPath } from '../all/all-tokens-paths.ts';
import { type FilterName, filterNames, ownFilterNames, type ReadFilter, readFilter } from '../all/token-filters.ts';
import { tokensPath } from '../token-paths.ts';
import { ConfirmPage } from './confirm-page.tsx';
import { OutcomePage } from './outcome-page.tsx';
import { isBulkAction, listOfForm, readAskedTokens, readConfirmedChange } from './read-selection.ts';

export type SelectionDeps = Pick<AppDeps, 'tokens' | 'clock' | 'failureLog'>;

/** The lists whose tokens can be selected, with the filters of each. The page of a service account has one more. */
const lists: ReadonlyArray<{ path: string; filters: readonly FilterName[] }> = [
  { path: allTokensPath, filters: filterNames },
  { path: tokensPath, filters: ownFilterNames },
];

/** Routes that pause, resume and revoke the selected tokens of a list: a page that asks, and the form on it. Mount them before the pages of tokens, whose paths have an ID in place of `selected`. */
export function selectionPages(deps: SelectionDeps) {
  const app = new Hono<AppEnv>();
  for (const { path, filters } of lists) {
    app
      .get(`${path}/selected`, (c) => {
        const filter = readFilter(c, filters);
        const { all, ...own } = filter.query;
        return askAboutSelection(deps, c, path, path === tokensPath ? { ...filter, query: own } : filter);
      })
      .post(`${path}/selected`, (c) => changeSelection(deps, c, path));
  }
  return app;
}

/** Shows the page that asks before the selected tokens of the list at `path` are changed. */
export async function askAboutSelection(
  { tokens, clock }: SelectionDeps,
  c: AppContext,
  path: string,
  filter: ReadFilter,
): Promise<Response> {
  const listUrl: PageUrl = { path, query: filter.values };
  // The list says what is wrong with a filter.
  const action = c.req.query('action');
  if (Object.keys(filter.errors).length > 0 || !isBulkAction(action)) return c.redirect(formatUrl(listUrl), 303);
  const now = clock.now();
  const asked = await readAskedTokens(tokens, c, action, filter, now);
  const pause = new URLSearchParams(new URL(c.req.url).search);
  pause.set('action', 'pause');
  const pauseHref = `${path}/selected?${pause}`;
  return c.render(<ConfirmPage action={action} {...asked} listUrl={listUrl} pauseHref={pauseHref} now={now} />);
}

/** Changes exactly the tokens that the page named, and shows what became of each. */
export async function changeSelection(
  { tokens, clock, failureLog }: SelectionDeps,
  c: AppContext,
  path: string,
): Promise<Response> {
  const form = await c.req.parseBody();
  const confirmed = readConfirmedChange(form);
  const caller = c.get('caller');
  const changes = {
    revoke: () => tokens.revokeMany(caller, confirmed.ids),
    pause: () => tokens.pauseMany(caller, confirmed.ids, confirmed.pause),
    resume: () => tokens.resumeMany(caller, confirmed.ids),
  };
  const { for: seconds } = confirmed.pause;
  const until = seconds === undefined ? null : clock.now() + seconds * 1000;
  const outcome = await changes[confirmed.action]();
  const shown = bulkOutcomeObject({ failureLog }, c, outcome);
  return c.render(<OutcomePage change={confirmed} outcome={shown} until={until} listUrl={listOfForm(path, form)} />);
}
