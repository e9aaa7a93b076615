import type { SortOrder } from '../../../../shared/schemas/tokens/sort.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import { readTokenPage, type TokenPage } from '../../../http/tokens/token-page.ts';
import type { AllTokensQuery } from '../all/token-filters.ts';
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
  tokens: Pick<Tokens, 'list' | 'count'>,
  c: AppContext,
  { query, cursor, sort, limit, ofAll }: Requested,
): Promise<TokenPage & { counts: ListCounts }> {
  const caller = c.get('caller');
  const isSorted = sort !== undefined && sort !== '-created';
  const total = isSorted ? await tokens.count(caller, query, maxCount + 1) : undefined;
  const page = await readTokenPage({ cursor, sort, ...(limit && { limit }) }, ({ sort, ...page }) =>
    tokens.list(caller, { ...page, ...query, ...(sort && { sort: { ...sort, total } }) }),
  );
  const isWhole = cursor === undefined && page.next_cursor === null;
  const knownTotal = isWhole ? page.items.length : total;
  return { ...page, counts: await countTokens(tokens, c, query, { knownTotal, ...(ofAll && { ofAll }) }) };
}
