import type { ReportedTokens } from '../../../shared/token-report.ts';

export const overviewPath = '/organization/overview';

/** Returns the path of the list of the tokens that the report counts under this name. */
export function reportedTokensPath(name: ReportedTokens): string {
  return `${overviewPath}/${slugOf(name)}`;
}

/** Returns how paths spell the name: `never-used`. */
export function slugOf(name: ReportedTokens): string {
  return name.replaceAll('_', '-');
}
