import type { StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { TokenFilter } from '../../store/token-filter.ts';
import { type Caller, requireScope } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { countReported, type TokenReport } from '../tokens/report/report.ts';
import { emptyDays, firstDayOf, type UsageDay } from '../tokens/usage/usage.ts';

/** The days that the chart shows. */
const shownDays = 30;
const dayMs = 24 * 60 * 60 * 1000;
const deniedWithinMs = dayMs;

/** More tokens than this are not counted. */
const maxCounted = 1_000_000;

/** For how long numbers are shown without counting again. */
const freshMs = 60_000;
/** Counting that takes no longer is waited for, so that small organizations see no old numbers. */
const shortMs = 30;

/** The tokens of the organization at a glance. */
export interface OrganizationOverview {
  /** When it was counted. */
  at: number;
  report: TokenReport;
  /** How many tokens were denied in the last 24 hours. */
  denied: number;
  /** How many tokens, canaries not among them, expire within 30 days. */
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
  let latest: OrganizationOverview | null = null;
  let tookMs = 0;
  let running: Promise<OrganizationOverview> | null = null;

  async function count(): Promise<OrganizationOverview> {
    const at = clock.now();
    const first = firstDayOf(at, shownDays);
    const context = statusContext();
    const report = await countReported(store, context);
    const counted = (filter: TokenFilter) => store.tokens.countUpTo({ ...filter, ...context }, maxCounted);
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
    latest = { at, report, denied, expiringIn30Days, canaries, days, countedSince };
    tookMs = clock.now() - at;
    return latest;
  }

  /** Counts, or joins the count that runs. */
  function countOnce(): Promise<OrganizationOverview> {
    running ??= count().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    async overview(caller) {
      requireScope(caller, 'tokens:read');
      const age = latest === null ? Number.POSITIVE_INFINITY : Math.abs(clock.now() - latest.at);
      if (latest !== null && age < freshMs) return latest;
      const counted = countOnce();
      if (latest === null || tookMs <= shortMs) return counted;
      // The next visitor counts again, and gets the error if it stays.
      counted.catch(() => {});
      return latest;
    },
  };
}
