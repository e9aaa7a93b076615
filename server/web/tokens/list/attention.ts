import { maxFew } from '../../../domain/tokens/lists/sort.ts';
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

/** What a list of tokens counts above it. Each count is the length of the list that its filter selects. */
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

const names = Object.keys(attention) as AttentionName[];

/** Reports whether a request with the token was denied in the last 24 hours, as the count above a list of tokens has it. */
export function deniedLately({ lastDenied }: Pick<TokenRecord, 'lastDenied'>, now: number): boolean {
  return lastDenied !== null && lastDenied.at > now - day * 1000;
}

/** How many tokens a list has, and how many of them need attention. One more than `maxCount` means that there are more. */
export interface ListCounts {
  total: number;
  /** Null if a filter selects the tokens: the numbers would be about others. */
  attention: Record<AttentionName, number> | null;
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
  knownTotal?: number,
): Promise<ListCounts> {
  const { user, serviceAccount, all, knownTo, ...filters } = query;
  const counted = (selected: AllTokensQuery) => tokens.count(c.get('caller'), selected, maxCount + 1);
  const isFiltered = Object.keys(filters).length > 0;
  const [total = 0, ...found] = await Promise.all([
    knownTotal ?? counted(query),
    ...(isFiltered ? [] : names.map((name) => counted({ ...query, ...attention[name].query }))),
  ]);
  if (isFiltered) return { total, attention: null };
  const entries = names.map((name, index) => [name, found[index] ?? 0]);
  return { total, attention: Object.fromEntries(entries) as Record<AttentionName, number> };
}
