import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import { revokeTokensBodySchema } from '../../../../shared/schemas/tokens/bulk.ts';
import { type PauseTokenBody, pauseTokenBodySchema } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { Caller } from '../../../domain/caller.ts';
import { reasonNotToPause, reasonNotToResume } from '../../../domain/tokens/bulk/reasons.ts';
import { placeOf } from '../../../domain/tokens/lists/sort.ts';
import { isPaused } from '../../../domain/tokens/status.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { serviceAccountsPath } from '../../service-accounts/service-account-paths.ts';
import { parseForm, text } from '../../shell/form-values.ts';
import type { PageUrl } from '../../shell/page-url.ts';
import { filterLabel, filterNames, type ReadFilter, selectingNames } from '../all/token-filters.ts';

export const bulkActions = ['revoke', 'pause', 'resume'] as const;
export type BulkAction = (typeof bulkActions)[number];

/** The tokens that a member is asked about before they are changed. */
export interface AskedTokens {
  /** Those that the change changes, at most `limits.maxBulkTokens`. */
  tokens: TokenRecord[];
  /** How many more tokens were selected and stay as they are, because the change does not apply to them. */
  unchanged: number;
  /** How many canaries were selected that stay as they are, because a pause would only stop the mails about them. */
  canaries: number;
  /** How many more tokens were selected and stay as they are, because only a superuser may make this change of them. */
  notAllowed: number;
  /** Whether more match the filter. */
  more: boolean;
  /** How they were selected, in words. */
  selected: string;
}

export function isBulkAction(value: unknown): value is BulkAction {
  return bulkActions.some((action) => action === value);
}

/** Maximum number of pages of `limits.maxBulkTokens` that are searched for tokens to change. */
const maxPages = 50;

/** Reads the tokens that were selected on the list: those whose boxes were checked, or all that match its filter. */
export async function readAskedTokens(
  tokens: Tokens,
  c: AppContext,
  action: BulkAction,
  filter: Pick<ReadFilter, 'values' | 'query' | 'sort'>,
  now: number,
): Promise<AskedTokens> {
  const caller = c.get('caller');
  const reason = (token: TokenRecord) => reasonToLeave(action, caller, token, now);
  if (c.req.query('all') === 'true') {
    return { ...(await readMatching(tokens, caller, filter, reason)), selected: inWords(filter) };
  }
  const checked = (c.req.queries('token') ?? []).slice(0, limits.maxPageSize);
  const found = await tokens.changeable(caller, checked);
  return { ...divide(found, reason), more: false, selected: `by hand, among ${listInWords(filter)}` };
}

type Reason = 'unchanged' | 'canary' | 'not-allowed' | null;

/** Returns why the change leaves a token as it is, or null if it changes it. */
function reasonToLeave(action: BulkAction, caller: Caller, token: TokenRecord, now: number): Reason {
  if (action === 'revoke') return null;
  const reason = action === 'pause' ? reasonNotToPause(token, now) : reasonNotToResumeNow(caller, token, now);
  return reason === null || reason === 'not-allowed' || reason === 'canary' ? reason : 'unchanged';
}

function reasonNotToResumeNow(caller: Caller, token: TokenRecord, now: number) {
  return isPaused(token, now) ? reasonNotToResume(token, caller, now) : 'unchanged';
}

/**
 * Reads the list until it has found as many tokens as one change may change. It reads past those that the change leaves as they are.
 * Otherwise, a second pause of the same list would find only what the first one paused.
 */
async function readMatching(
  tokens: Tokens,
  caller: Caller,
  { query, sort }: Pick<ReadFilter, 'query' | 'sort'>,
  reason: (token: TokenRecord) => Reason,
): Promise<Omit<AskedTokens, 'selected'>> {
  const limit = limits.maxBulkTokens;
  const asked = { tokens: [] as TokenRecord[], unchanged: 0, canaries: 0, notAllowed: 0 };
  let last: TokenRecord | undefined;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const order = sort && { sort: { order: sort, after: last === undefined ? null : placeOf(last, sort) } };
    const page = await tokens.list(caller, { ...query, ...order, limit, before: last?.id ?? null });
    const found = divide(page, reason);
    const all = [...asked.tokens, ...found.tokens];
    if (all.length > limit) return { ...asked, tokens: all.slice(0, limit), more: true };
    asked.tokens = all;
    asked.unchanged += found.unchanged;
    asked.canaries += found.canaries;
    asked.notAllowed += found.notAllowed;
    last = page.at(-1);
    if (page.length < limit || last === undefined) return { ...asked, more: false };
  }
  return { ...asked, more: true };
}

function divide(found: readonly TokenRecord[], reason: (token: TokenRecord) => Reason) {
  const withReason = (wanted: Reason) => found.filter((token) => reason(token) === wanted);
  return {
    tokens: withReason(null),
    unchanged: withReason('unchanged').length,
    canaries: withReason('canary').length,
    notAllowed: withReason('not-allowed').length,
  };
}

/** Describes the tokens that the filter of a list selects. */
function inWords(filter: Pick<ReadFilter, 'values' | 'query'>): string {
  const list = listInWords(filter);
  const labels = selectingNames.flatMap((name) => {
    const value = filter.values[name];
    return value === undefined ? [] : [filterLabel(name, value)];
  });
  if (labels.length === 0) return list === everyToken ? `${list}, without a filter` : list;
  return `${list === everyToken ? 'all that match' : `${list} that match`}: ${labels.join(' · ')}`;
}

const everyToken = 'all tokens';

/** Describes the tokens of a list. */
function listInWords({ values, query }: Pick<ReadFilter, 'values' | 'query'>): string {
  const { serviceAccount, all, user, knownTo } = query;
  if (serviceAccount !== undefined && values.owner === undefined)
    return `all tokens of the service account ${serviceAccount}`;
  const isOwn = !all && user === undefined && serviceAccount === undefined && knownTo === undefined;
  return isOwn ? 'all your tokens' : everyToken;
}

/** The content of a sent confirmation: exactly the tokens that it named. */
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
