import { type ReportedTokens, reportedTokens } from '../../../../shared/tokens/report.ts';
import type { StatusContext } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { TokenFilter } from '../../../store/token-filter.ts';
import { type Operator, requireScope } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { type Counted, createKeptCounts } from './kept-counts.ts';
import { toTokenFilter } from './token-filter.ts';

/** How many tokens of all owners each filter of `reportedTokens` selects, and how many service accounts have no enabled maintainer. */
export type TokenReport = Record<ReportedTokens, number> & { orphaned: number };

export interface Reporting {
  /**
   * Returns how many tokens of all owners except canaries there are, and how many orphaned service accounts. If counting takes long, the numbers may
   * be some minutes old.
   * @throws ProblemError `superuser-required`, `scope-missing`
   */
  report(operator: Operator): Promise<Counted<TokenReport>>;
}

interface ReportingDeps {
  store: Store;
  clock: Clock;
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

/** How long a report that takes long to count is returned without counting again. */
const freshMs = 60_000;
/** An older report is not returned, so that a program that asks once a day never gets the numbers of the day before. */
const maxAgeMs = 5 * 60_000;
/** If the last count took no longer than this, callers wait for the next one. */
const quickMs = 500;

export function createReporting({ store, clock, statusContext }: ReportingDeps): Reporting {
  const options = { clock, freshMs, maxAgeMs, keepsQuick: false };
  const latest = createKeptCounts<TokenReport>({ ...options, isQuick: ({ tookMs }) => tookMs <= quickMs });
  return {
    async report(operator) {
      requireScope(operator, 'tokens:read');
      return latest(() => countReported(store, statusContext()));
    },
  };
}
