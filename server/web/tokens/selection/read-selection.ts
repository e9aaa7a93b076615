import { count } from '../../../../shared/count.ts';
import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import { revokeTokensBodySchema } from '../../../../shared/schemas/tokens/bulk.ts';
import { type PauseTokenBody, pauseTokenBodySchema } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { serviceAccountsPath } from '../../service-accounts/service-account-paths.ts';
import { parseForm, text } from '../../shell/form-values.ts';
import type { PageUrl } from '../../shell/page-url.ts';
import { type FilterValues, filterLabel, filterNames, type ReadFilter, selectingNames } from '../all/token-filters.ts';

export const bulkActions = ['revoke', 'pause', 'resume'] as const;
export type BulkAction = (typeof bulkActions)[number];

/** The tokens that a member is asked about before they are changed. */
export interface AskedTokens {
  /** At most `limits.maxBulkTokens`. */
  tokens: TokenRecord[];
  /** Whether more match the filter. */
  more: boolean;
  /** What selected them, in words. */
  selectedBy: string;
}

export function isBulkAction(value: unknown): value is BulkAction {
  return bulkActions.some((action) => action === value);
}

/** Reads the tokens that the list selected: those whose boxes were checked, or all that match its filter. */
export async function readAskedTokens(
  tokens: Tokens,
  c: AppContext,
  { values, query, sort }: Pick<ReadFilter, 'values' | 'query' | 'sort'>,
): Promise<AskedTokens> {
  const caller = c.get('caller');
  if (c.req.query('all') === 'true') {
    const limit = limits.maxBulkTokens;
    const order = sort && { sort: { order: sort, after: null } };
    const found = await tokens.list(caller, { ...query, ...order, limit: limit + 1, before: null });
    return { tokens: found.slice(0, limit), more: found.length > limit, selectedBy: inWords(values) };
  }
  const checked = (c.req.queries('token') ?? []).slice(0, limits.maxPageSize);
  const found = await tokens.changeable(caller, checked);
  return { tokens: found, more: false, selectedBy: `${count(found.length, 'token')} selected in the list` };
}

/** Returns what the filter of a list selects. */
function inWords(values: FilterValues): string {
  const labels = selectingNames.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [filterLabel(name, value)];
  });
  return labels.length === 0 ? 'All tokens, without a filter' : labels.join(' · ');
}

/** What the confirmation is sent with: exactly the tokens that it named. */
export interface ConfirmedChange {
  action: BulkAction;
  ids: string[];
  pause: PauseTokenBody;
}

/** Reads the confirmation. @throws ProblemError `invalid-fields`, `not-found` */
export function readConfirmedChange(form: Record<string, unknown>): ConfirmedChange {
  const { action } = form;
  if (!isBulkAction(action))
    throw new ProblemError('not-found', 'Selected tokens can only be paused, resumed or revoked.');
  const ids = text(form.ids)
    .split(' ')
    .filter((id) => id !== '');
  const seconds = text(form.for);
  const isLimited = /^[0-9]{1,10}$/.test(seconds) && seconds !== '0';
  return {
    action,
    ids: parseForm(revokeTokensBodySchema, { ids }).ids,
    pause: parseForm(pauseTokenBodySchema, { ...(isLimited && { for: Number(seconds) }), reason: text(form.reason) }),
  };
}

/** Returns the section of the console that a list belongs to. The list of a service account is on its page. */
export function sectionOf({ path }: PageUrl): string {
  return path.startsWith(`${serviceAccountsPath}/`) ? serviceAccountsPath : path;
}

/** Returns the URL of the list that a form names in its field `list`. Only its filters count, so that it cannot lead elsewhere. */
export function listOfForm(path: string, form: Record<string, unknown>): PageUrl {
  const asked = new URLSearchParams(text(form.list));
  const names = [...filterNames, 'cursor'];
  return { path, query: Object.fromEntries(names.map((name) => [name, asked.get(name) || undefined])) };
}
