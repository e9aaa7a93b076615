import { maxFew } from '../../../domain/tokens/lists/sort.ts';
import type { Tokens } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { AllTokensQuery, FilterValues } from '../all/token-filters.ts';

/** Counts are exact up to here. The number of tokens also decides how a list is sorted. */
export const maxCount = maxFew;

const day = 86_400;

const expires = (number: string, isOne: boolean) => `${number} ${isOne ? 'expires' : 'expire'} within 7 days`;
const denied = (number: string) => `${number} denied in 24 hours`;
const hasTwo = (number: string, isOne: boolean) => `${number} ${isOne ? 'has' : 'have'} two values`;
const neverExpires = (number: string, isOne: boolean) => `${number} never ${isOne ? 'expires' : 'expire'}`;

/** What a list of tokens counts above it: the filter, and the words of its link. */
export const attention = [
  { values: { expiring_within: String(7 * day) }, query: { expiringWithinMs: 7 * day * 1000 }, words: expires },
  { values: { denied_within: String(day) }, query: { deniedWithinMs: day * 1000 }, words: denied },
  { values: { two_values: 'true' }, query: { twoValues: true }, words: hasTwo },
  { values: { no_expiry: 'true' }, query: { noExpiry: true }, words: neverExpires },
] as const satisfies ReadonlyArray<{
  values: FilterValues;
  query: object;
  words: (number: string, isOne: boolean) => string;
}>;

/** Reports whether a request with the token was denied in the last 24 hours, as the count above a list of tokens has it. */
export function deniedLately({ lastDenied }: Pick<TokenRecord, 'lastDenied'>, now: number): boolean {
  return lastDenied !== null && lastDenied.at > now - day * 1000;
}

/** How many tokens a list has, and how many of all that it could have need attention. One more than `maxCount` means that there are more. */
export interface ListCounts {
  total: number;
  /** In the order of `attention`. */
  attention: number[];
}

/** Counts the tokens that a list selects, unless their number is known, and those of its owners that need attention. */
export async function countTokens(
  tokens: Pick<Tokens, 'count'>,
  c: AppContext,
  query: AllTokensQuery,
  knownTotal?: number,
): Promise<ListCounts> {
  const { user, serviceAccount, all, knownTo } = query;
  const owners = {
    ...(user !== undefined && { user }),
    ...(serviceAccount !== undefined && { serviceAccount }),
    ...(all !== undefined && { all }),
    ...(knownTo !== undefined && { knownTo }),
  };
  const counted = (selected: AllTokensQuery) => tokens.count(c.get('caller'), selected, maxCount + 1);
  const [total = 0, ...found] = await Promise.all([
    knownTotal ?? counted(query),
    ...attention.map(({ query }) => counted({ ...owners, ...query })),
  ]);
  return { total, attention: found };
}
