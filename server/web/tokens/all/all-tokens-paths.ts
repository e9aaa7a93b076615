import type { TokenFilterQuery } from '../../../../shared/tokens/report.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';

export const allTokensPath = '/organization/tokens';

/** Returns the path of the list of all tokens that a query of the API selects. */
export function filteredTokensPath(query: TokenFilterQuery): string {
  const texts = Object.entries(query).map(([name, value]) => [name, value?.toString()]);
  return formatUrl({ path: allTokensPath, query: Object.fromEntries(texts) as PageUrl['query'] });
}
