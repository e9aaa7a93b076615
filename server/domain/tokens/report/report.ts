import { type ReportedTokens, reportedTokens } from '../../../../shared/token-report.ts';
import type { StatusContext } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { TokenFilter } from '../../../store/token-filter.ts';
import { type Operator, requireScope } from '../../caller.ts';
import { toTokenFilter } from './token-filter.ts';

/** How many tokens of all owners each filter of `reportedTokens` selects, and how many service accounts have no enabled maintainer. */
export type TokenReport = Record<ReportedTokens, number> & { orphaned: number };

export interface Reporting {
  /** Counts the tokens of all owners except canaries, and orphaned service accounts. @throws ProblemError `superuser-required`, `scope-missing` */
  report(operator: Operator): Promise<TokenReport>;
}

interface ReportingDeps {
  store: Store;
  statusContext: () => StatusContext;
}

/** Returns which tokens the report counts under a name. Canaries are in no report: nobody uses them. */
export function reportedFilter(name: ReportedTokens): TokenFilter {
  return { ...toTokenFilter(reportedTokens[name].query), canaries: false };
}

const names = Object.keys(reportedTokens) as ReportedTokens[];
const filters = names.map((name) => reportedFilter(name));

/** Counts what the report has. Reads all tokens, in slices, so that other reads come in between. */
export async function countReported(store: Store, context: StatusContext): Promise<TokenReport> {
  const counts = await store.tokens.countMatching(filters, context);
  const orphaned = await store.serviceAccounts.countOrphaned();
  const report = names.map((name, index) => [name, counts[index] ?? 0]);
  return { ...(Object.fromEntries(report) as Record<ReportedTokens, number>), orphaned };
}

export function createReporting({ store, statusContext }: ReportingDeps): Reporting {
  return {
    async report(operator) {
      requireScope(operator, 'tokens:read');
      return countReported(store, statusContext());
    },
  };
}
