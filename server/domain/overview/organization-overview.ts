import type { StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { TokenFilter } from '../../store/token-filter.ts';
import { type Caller, requireScope } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { createKeptCounts } from '../tokens/report/kept-counts.ts';
import { countReported, type TokenReport } from '../tokens/report/report.ts';
import { emptyDays, firstDayOf, type UsageDay } from '../tokens/usage/usage.ts';

/** The days that the chart shows. */
const shownDays = 30;
const dayMs = 24 * 60 * 60 * 1000;
const deniedWithinMs = dayMs;

/** Counting stops at this many tokens. */
const maxCounted = 1_000_000;

/** How long numbers are returned without counting again. */
const freshMs = 60_000;
/** If the last count took no longer than this, callers wait for the next one. */
const quickMs = 30;

/** The tokens of the organization at a glance. */
export interface OrganizationOverview {
  /** When it was counted. */
  at: number;
  report: TokenReport;
  /** How many tokens there are, canaries among them. */
  all: number;
  /** How many tokens were denied in the last 24 hours. */
  denied: number;
  /** How many tokens expire within 30 days, without canaries. */
  expiringIn30Days: number;
  /** How many canaries there are, and how many of them somebody used. The report counts none of them. */
  canaries: { all: number; used: number };
  /** The verifications of the last 30 days, oldest first. */
  days: UsageDay[];
  /** The day since which verifications are counted; null: none was counted yet. */
  countedSince: number | null;
}

export interface OrganizationOverviews {
  /**
   * Returns an overview that is at most a minute old. If counting takes long, only the first call waits for it: later ones return
   * the last numbers, however old, and start a new count.
   * @throws ProblemError `superuser-required`
   */
  overview(caller: Caller): Promise<OrganizationOverview>;
}

interface OverviewDeps {
  store: Store;
  clock: Clock;
  statusContext: () => StatusContext;
}

/** Creates the overview of one node, which counts at most once a minute, and never twice at the same time. */
export function createOrganizationOverviews({ store, clock, statusContext }: OverviewDeps): OrganizationOverviews {
  const options = { clock, freshMs, maxAgeMs: Number.POSITIVE_INFINITY, keepsQuick: true };
  const latest = createKeptCounts<Omit<OrganizationOverview, 'at'>>({
    ...options,
    isQuick: ({ tookMs }) => tookMs <= quickMs,
  });
  return {
    async overview(caller) {
      requireScope(caller, 'tokens:read');
      const { at, numbers } = await latest(() => countOrganization(store, statusContext()));
      return { at, ...numbers };
    },
  };
}

async function countOrganization(store: Store, context: StatusContext): Promise<Omit<OrganizationOverview, 'at'>> {
  const first = firstDayOf(context.now, shownDays);
  const report = await countReported(store, context);
  const counted = (filter: TokenFilter) => store.tokens.countUpTo({ ...filter, ...context }, maxCounted);
  const all = await counted({});
  const denied = await counted({ deniedWithinMs, canaries: false });
  const expiringIn30Days = await counted({ expiringWithinMs: 30 * dayMs });
  const canaries = { all: await counted({ canaries: 'only' }), used: await counted({ canaries: 'used' }) };
  const days = emptyDays(first, shownDays);
  for (const { day, allowed, denied } of await store.usage.daysSince(first)) {
    const total = days[day - first];
    // The clock may have been ahead when they were counted.
    if (total !== undefined) Object.assign(total, { allowed, denied });
  }
  const firstDay = await store.usage.firstDay();
  const countedSince = firstDay === null ? null : firstDay * dayMs;
  return { report, all, denied, expiringIn30Days, canaries, days, countedSince };
}
