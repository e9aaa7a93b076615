import { foldName } from '../../../../shared/names.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import { fieldOf, type SortOrder } from '../../../../shared/tokens/sort.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { TokenSort } from '../../../store/token-filter.ts';

/** The order of a list, and the place where a page begins. */
export interface ListSort {
  order: SortOrder;
  /** The last token of the page before; null on the first page. */
  after: SortPlace | null;
  /** How many tokens match, if the caller has counted them up to `maxFew` + 1. */
  total?: number | undefined;
}

/** The place of a token in a sorted list. */
export interface SortPlace {
  /** What the list is sorted by, or null if the token lacks it. For the order of creation, always null. */
  key: string | number | null;
  id: string;
}

/** Lists of more tokens are read in the order of an index. No index holds times of last uses, because each write of these would have to change it. */
export const maxFew = 10_000;

/** Returns the place of a token in a list of this order. */
export function placeOf({ id, name, expiresAt, lastUse, previousUsedAt }: TokenRecord, order: SortOrder): SortPlace {
  const keys = {
    name: foldName(name),
    created: null,
    expires: expiresAt,
    last_used: Math.max(lastUse?.at ?? 0, previousUsedAt ?? 0) || null,
  };
  return { key: keys[fieldOf(order).by], id };
}

/** Returns how the store sorts a list. @throws ProblemError `invalid-fields` if too many tokens match */
export async function sortOf(
  store: Pick<Store, 'tokens'>,
  selection: Parameters<Store['tokens']['countUpTo']>[0],
  { order, after, total }: ListSort,
): Promise<TokenSort> {
  const field = fieldOf(order);
  const few = (total ?? (await store.tokens.countUpTo(selection, maxFew + 1))) <= maxFew;
  if (few || field.by !== 'last_used') return { ...field, after, few };
  const detail =
    'More than 10,000 tokens match, which cannot be sorted by their last use. Add a filter, or choose another order.';
  throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '?sort', detail }] });
}
