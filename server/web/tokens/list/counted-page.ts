import type { SortOrder } from '../../../../shared/tokens/sort.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import { readTokenPage, type TokenPage } from '../../../http/tokens/token-page.ts';
import {
  type AllTokensQuery,
  type FilterErrors,
  type FilterValues,
  isWrong,
  ownerFilterNames,
  readFilter,
} from '../all/token-filters.ts';
import { type AttentionOfAll, countTokens, type ListCounts, maxCount } from './attention.ts';

interface Requested {
  query: AllTokensQuery;
  cursor: string | undefined;
  sort: SortOrder | undefined;
  /** Number of tokens on a page. By default, that of other lists. */
  limit?: number;
  ofAll?: AttentionOfAll;
}

/** Reads one page of a list of tokens, and its counts. Counts the tokens that match only once, because many may match. */
export async function readCountedPage(
  tokens: Pick<Tokens, 'list' | 'count' | 'find'>,
  c: AppContext,
  { query, cursor, sort, limit, ofAll }: Requested,
): Promise<TokenPage & { counts: ListCounts }> {
  const caller = c.get('caller');
  const isSorted = sort !== undefined && sort !== '-created';
  const isFound = query.all === true && (query.q !== undefined || (isRare(query) && !isSorted));
  // Finding these tokens takes longer than reading a page of those that were found.
  const found = isFound ? await tokens.find(caller, query, maxCount + 1) : undefined;
  const total = isSorted && !found ? await tokens.count(caller, query, maxCount + 1) : found?.total;
  const among = found?.among && { among: found.among };
  const [page, totalOfMany] = await Promise.all([
    readTokenPage({ cursor, sort, ...(limit && { limit }) }, ({ sort, ...page }) =>
      tokens.list(caller, { ...page, ...query, ...among, ...(sort && { sort: { ...sort, total } }) }),
    ),
    total === undefined && mayBeMany(query) ? tokens.count(caller, query, maxCount + 1) : undefined,
  ]);
  const isWhole = cursor === undefined && page.next_cursor === null;
  const knownTotal = isWhole ? page.items.length : (total ?? totalOfMany);
  return { ...page, counts: await countTokens(tokens, c, query, { knownTotal, ...(ofAll && { ofAll }) }) };
}

/** Reports whether so few tokens match in most organizations that all of them are found at once. */
function isRare({ deniedWithinMs, status }: AllTokensQuery): boolean {
  return deniedWithinMs !== undefined || status === 'disabled' || status === 'sso-stale';
}

/** Reports whether many tokens may match that are old. Reading a page of them takes so long that they are counted at the same time. */
function mayBeMany({ all, status }: AllTokensQuery): boolean {
  return all === true && (status === 'expired' || status === 'blocked');
}

/** A list of the tokens of one owner, as its URL filters it. */
interface PageOfOwner extends TokenPage {
  counts: ListCounts;
  /** What the URL asks for, and what is wrong with it. */
  filter: { values: FilterValues; errors: FilterErrors };
}

/** Reads one page of the tokens of one member or service account. Reads no tokens if a filter in the URL is wrong. */
export async function readPageOfOwner(
  tokens: Pick<Tokens, 'list' | 'count' | 'find'>,
  c: AppContext,
  owner: Pick<AllTokensQuery, 'user' | 'serviceAccount'>,
  page: Pick<Requested, 'cursor' | 'limit'>,
): Promise<PageOfOwner> {
  const { values, errors, query, sort } = readFilter(c, ownerFilterNames);
  const filter = { values, errors };
  if (isWrong(errors)) return { items: [], next_cursor: null, counts: { total: 0, attention: null }, filter };
  const { all: _, ...selected } = query;
  return { ...(await readCountedPage(tokens, c, { ...page, query: { ...selected, ...owner }, sort })), filter };
}

/** Returns the status of a page with a list of the tokens of one owner: 400 if a filter in the URL is wrong. */
export function statusOfOwnerList(c: AppContext): 200 | 400 {
  return isWrong(readFilter(c, ownerFilterNames).errors) ? 400 : 200;
}
