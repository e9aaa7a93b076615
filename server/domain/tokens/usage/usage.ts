import type { DeniedRequest, SeenCount, SeenKind, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller, Operator } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { findToken } from '../find.ts';
import { type AppNames, namesOfApps } from '../rules/shown-rules.ts';
import { requestsOfOwner } from '../transfer/former-requests.ts';
import { splitRoute } from './fold.ts';
import { wouldDenyPrefix } from './token-counts.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The verifications of one day. `at` is its beginning in UTC. */
export interface UsageDay {
  at: number;
  allowed: number;
  denied: number;
}

/** How a token was used in the last days. */
export interface Usage {
  /** Every day of the window, oldest first. */
  days: UsageDay[];
  /** Denied uses by reason, most frequent first. */
  denied: Array<{ reason: string; uses: number }>;
  /** Allowed uses that the rules would have denied if they were enforced, by reason, most frequent first. */
  wouldDeny: Array<{ reason: string; uses: number }>;
  /** Values that were used in the window, most used first. The counts include uses before the window. */
  seen: Record<SeenKind, SeenCount[]>;
  /** The last denied requests, newest first, of any age. Only operators who read everything get those from before a transfer. */
  deniedRequests: DeniedRequest[];
}

export interface UsageReader {
  /**
   * Returns how one of the caller's tokens was used in the last `days` days in UTC, today included. Superusers may read that
   * of any token. Uses of the last minute may be missing. @throws ProblemError `token-not-found`
   */
  of(operator: Operator, tokenId: string, days: number): Promise<Usage>;
  /** Returns the names of the apps of denied requests. */
  appNames(usage: Pick<Usage, 'deniedRequests'>): Promise<AppNames>;
  /** Returns the same for a token that the operator may read. */
  ofToken(operator: Operator, token: Pick<TokenRecord, 'id' | 'ownerKind'>, days: number): Promise<Usage>;
  /** Returns the uses of all tokens that the caller has now, in the same window. Leaves out canaries, which no list of denied tokens has. */
  ofOwn(caller: Pick<Caller, 'user'>, days: number): Promise<UsageDay[]>;
}

export function createUsageReader({ store, clock }: { store: Store; clock: Clock }): UsageReader {
  async function ofToken(
    operator: Operator,
    token: Pick<TokenRecord, 'id' | 'ownerKind'>,
    count: number,
  ): Promise<Usage> {
    const { id } = token;
    const first = firstDayOf(clock.now(), count);
    const found = await store.usage.of(id, first);
    const deniedRequests = await requestsOfOwner(store, operator, token, await store.usage.deniedOf(id));
    const days = emptyDays(first, count);
    const [denied, wouldDeny] = [new Map<string, number>(), new Map<string, number>()];
    const add = (to: Map<string, number>, reason: string, uses: number) => to.set(reason, (to.get(reason) ?? 0) + uses);
    for (const { day, outcome, uses } of found.days) {
      const total = days[day - first];
      // The clock may have been ahead when it was counted.
      if (total === undefined) continue;
      if (outcome.startsWith(wouldDenyPrefix)) {
        add(wouldDeny, outcome.slice(wouldDenyPrefix.length), uses);
        continue;
      }
      total[outcome === 'allowed' ? 'allowed' : 'denied'] += uses;
      if (outcome !== 'allowed') add(denied, outcome, uses);
    }
    const of = (kind: SeenKind) => found.seen.filter((value) => value.kind === kind);
    return {
      days,
      denied: mostFirst(denied),
      wouldDeny: mostFirst(wouldDeny),
      deniedRequests,
      seen: {
        route: of('route'),
        network: of('network'),
        agent: of('agent'),
        app: of('app'),
        'would-deny': of('would-deny'),
      },
    };
  }

  return {
    of: async (operator, tokenId, days) => ofToken(operator, await findToken(store, operator, tokenId), days),
    appNames: ({ deniedRequests }) =>
      namesOfApps(
        store,
        deniedRequests.flatMap(({ appId }) => appId ?? []),
      ),
    ofToken,
    async ofOwn({ user }, count) {
      const first = firstDayOf(clock.now(), count);
      const days = emptyDays(first, count);
      for (const { day, outcome, uses } of await store.usage.ofOwner(user.id, first)) {
        const total = days[day - first];
        if (total === undefined || outcome === 'canary' || outcome.startsWith(wouldDenyPrefix)) continue;
        total[outcome === 'allowed' ? 'allowed' : 'denied'] += uses;
      }
      return days;
    },
  };
}

/** Returns the first of so many days that end today, in days since the epoch. */
export function firstDayOf(now: number, count: number): number {
  return Math.floor(now / dayMs) - count + 1;
}

/** Returns so many days in a row without verifications. */
export function emptyDays(first: number, count: number): UsageDay[] {
  return Array.from({ length: count }, (_, index) => ({ at: (first + index) * dayMs, allowed: 0, denied: 0 }));
}

function mostFirst(uses: ReadonlyMap<string, number>): Array<{ reason: string; uses: number }> {
  return [...uses].map(([reason, uses]) => ({ reason, uses })).sort((a, b) => b.uses - a.uses);
}

/** Splits a value of the kind `would-deny` into the reason and the route. */
export function splitWouldDeny(value: string): { reason: string; method: string | null; path: string } {
  const space = value.indexOf(' ');
  return { reason: value.slice(0, space), ...splitRoute(value.slice(space + 1)) };
}
