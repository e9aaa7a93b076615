import { type ReportedTokens, reportedTokens } from '../../../../shared/token-report.ts';
import type { StatusContext } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Operator, requireScope } from '../../caller.ts';
import { toTokenFilter } from './token-filter.ts';

/** How many tokens of all members each filter of `reportedTokens` selects. */
export type TokenReport = Record<ReportedTokens, number>;

export interface Reporting {
  /** Counts the tokens of all members. @throws ProblemError `superuser-required`, `scope-missing` */
  report(operator: Operator): Promise<TokenReport>;
}

interface ReportingDeps {
  store: Store;
  statusContext: () => StatusContext;
}

export function createReporting({ store, statusContext }: ReportingDeps): Reporting {
  const names = Object.keys(reportedTokens) as ReportedTokens[];
  const filters = names.map((name) => toTokenFilter(reportedTokens[name].query));

  return {
    async report(operator) {
      requireScope(operator, 'tokens:read');
      const counts = await store.tokens.countMatching(filters, statusContext());
      return Object.fromEntries(names.map((name, index) => [name, counts[index]])) as TokenReport;
    },
  };
}
