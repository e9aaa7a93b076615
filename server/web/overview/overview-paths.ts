import { type ReportedTokens, reportedTokens } from '../../../shared/tokens/report.ts';
import { formatUrl } from '../shell/page-url.ts';
import { allTokensPath, filteredTokensPath } from '../tokens/all/all-tokens-paths.ts';

export const overviewPath = '/overview';

/** Returns the path of the list of the tokens that the report counts under this name. */
export function reportedTokensPath(name: ReportedTokens): string {
  return filteredTokensPath(reportedTokens[name].query);
}

/** The list of all tokens with a request that was denied in the last 24 hours. */
export const deniedTokensPath = filteredTokensPath({ denied_within: 86_400 });

/** Returns the filter for tokens with a request that was denied in the last days. */
export function deniedWithin(days: number) {
  return { denied_within: String(days * 86_400) };
}

/** Returns the path of the list of all tokens with a request that was denied in the last days. */
export function deniedWithinPath(days: number): string {
  return formatUrl({ path: allTokensPath, query: deniedWithin(days) });
}

/** The list of all tokens that expire within 30 days. */
export const expiringIn30DaysPath = filteredTokensPath({ expiring_within: 30 * 86_400 });

/** Lists of canaries, which the other numbers leave out. */
export const canariesPath = `${allTokensPath}?canaries=only`;
export const usedCanariesPath = `${allTokensPath}?canaries=used`;

/** The list of the tokens that jobs received through a trust, which the numbers leave out. */
export const exchangedTokensPath = filteredTokensPath({ exchanged: true });
