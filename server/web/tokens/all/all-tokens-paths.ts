import type { TokenFilterQuery } from '../../../../shared/token-report.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';

export const allTokensPath = '/organization/tokens';

/** Returns the path of the list of all tokens that a query of the API selects. With `canaries: false`, it leaves canaries out. */
export function filteredTokensPath(query: TokenFilterQuery, canaries?: false): string {
  const texts = Object.entries({ ...query, canaries }).map(([name, value]) => [name, value?.toString()]);
  return formatUrl({ path: allTokensPath, query: Object.fromEntries(texts) as PageUrl['query'] });
}
