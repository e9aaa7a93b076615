import type { Clock } from '../../../domain/clock.ts';
import { maxFew } from '../../../domain/tokens/lists/sort.ts';
import { createKeptCounts } from '../../../domain/tokens/report/kept-counts.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { AllTokensQuery, FilterValues } from '../all/token-filters.ts';

/** Counts are exact up to here. The number of tokens also decides how a list is sorted. */
export const maxCount = maxFew;

const day = 86_400;

interface Counted {
  /** The filter in the URL, and the same filter for the store. */
  values: FilterValues;
  query: AllTokensQuery;
}

/** The counts above a list of tokens. Each count is the length of the list that its filter selects. */
export const attention = {
  usedCanaries: { values: { canaries: 'used' }, query: { canaries: 'used' } },
  expiring: { values: { expiring_within: String(7 * day) }, query: { expiringWithinMs: 7 * day * 1000 } },
  expiringIn30Days: { values: { expiring_within: String(30 * day) }, query: { expiringWithinMs: 30 * day * 1000 } },
  denied: { values: { denied_within: String(day) }, query: { deniedWithinMs: day * 1000 } },
  twoValues: { values: { two_values: 'true' }, query: { twoValues: true } },
  neverExpiring: { values: { no_expiry: 'true' }, query: { noExpiry: true } },
  canaries: { values: { canaries: 'only' }, query: { canaries: 'only' } },
} as const satisfies Record<string, Counted>;
export type AttentionName = keyof typeof attention;

type Numbers = Record<AttentionName, number>;

const names = Object.keys(attention) as AttentionName[];

/** In a list of all owners, these may be so many that counting takes long. The others are few, and a used canary is urgent. */
const keptNames = ['expiring', 'expiringIn30Days', 'denied', 'neverExpiring'] as const satisfies AttentionName[];
const otherNames = names.filter((name) => !keptNames.some((kept) => kept === name));
/** Counting fewer of each is fast. */
const maxQuick = 1_000;
/** Numbers up to this age are shown as current. */
const nowMs = 1_000;

/**
 * Counts the tokens of all owners that need attention. If there are very many, the numbers may be some minutes old. `asOf` is
 * their time.
 */
export type AttentionOfAll = (
  counted: (name: AttentionName) => Promise<number>,
) => Promise<{ numbers: Numbers; asOf: number | null }>;

export function createAttentionOfAll(clock: Clock): AttentionOfAll {
  const latest = createKeptCounts<Partial<Numbers>>({
    clock,
    isQuick: ({ numbers }) => Object.values(numbers).every((number) => number <= maxQuick),
    freshMs: 60_000,
    maxAgeMs: 5 * 60_000,
    keepsQuick: false,
  });
  return async (counted) => {
    const kept = await latest(() => countEach(keptNames, counted));
    const others = await countEach(otherNames, counted);
    const asOf = clock.now() - kept.at > nowMs ? kept.at : null;
    return { numbers: { ...kept.numbers, ...others } as Numbers, asOf };
  };
}

async function countEach(
  names: readonly AttentionName[],
  counted: (name: AttentionName) => Promise<number>,
): Promise<Partial<Numbers>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await counted(name)])));
}

/** Reports whether a request with the token was denied in the last 24 hours, as the count above a list of tokens has it. */
export function deniedLately({ lastDenied }: Pick<TokenRecord, 'lastDenied'>, now: number): boolean {
  return lastDenied !== null && lastDenied.at > now - day * 1000;
}

/** How many tokens a list has, and how many of them need attention. `maxCount` + 1 means that there are more than `maxCount`. */
export interface ListCounts {
  total: number;
  /** Null if a filter selects the tokens: the numbers would be about others. */
  attention: Numbers | null;
  /** When those that need attention were counted, if that was earlier. */
  asOf?: number | null;
}

/** Returns a count as text: `12`, or `10,000+`. */
export function shownCount(found: number): string {
  return found > maxCount ? `${maxCount.toLocaleString('en')}+` : found.toLocaleString('en');
}

/** Counts the tokens that a list selects, unless their number is known, and those that need attention if the list has no filter. */
export async function countTokens(
  tokens: Pick<Tokens, 'count'>,
  c: AppContext,
  query: AllTokensQuery,
  { knownTotal, ofAll }: { knownTotal?: number | undefined; ofAll?: AttentionOfAll } = {},
): Promise<ListCounts> {
  const { user, serviceAccount, all, knownTo, ...filters } = query;
  const counted = (selected: AllTokensQuery) => tokens.count(c.get('caller'), selected, maxCount + 1);
  const total = knownTotal ?? (await counted(query));
  if (Object.keys(filters).length > 0) return { total, attention: null };
  const countOf = (name: AttentionName) => counted({ ...query, ...attention[name].query });
  if (!all || ofAll === undefined) return { total, attention: (await countEach(names, countOf)) as Numbers };
  const { numbers, asOf } = await ofAll(countOf);
  return { total, attention: numbers, asOf };
}
