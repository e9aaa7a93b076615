import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import { type SortOrder, sortOrders } from '../../../shared/tokens/sort.ts';
import { placeOf, type SortPlace } from '../../domain/tokens/lists/sort.ts';
import type { TokenQuery } from '../../domain/tokens/tokens.ts';
import type { TokenRecord } from '../../store/records.ts';
import { invalidCursor, type PageQuery, readPage } from '../paging.ts';

/** The cursor of a sorted list: the order, and the place of the last token of its page. */
const cursorSchema = z.tuple([
  z.enum(sortOrders as [SortOrder, ...SortOrder[]]),
  z.union([z.string().max(1000), z.number().int(), z.null()]),
  z.uuid(),
]);

export interface TokenPage {
  items: TokenRecord[];
  next_cursor: string | null;
}

/**
 * Returns one page of a list of tokens in the given order, newest first by default.
 * @throws ProblemError `invalid-fields` for an invalid cursor, or for a cursor of another order
 */
export async function readTokenPage(
  { limit = limits.defaultPageSize, cursor, sort }: PageQuery & { sort?: SortOrder | undefined },
  read: (page: Pick<TokenQuery, 'limit' | 'before' | 'sort'>) => Promise<TokenRecord[]>,
): Promise<TokenPage> {
  if (sort === undefined || sort === '-created') return readPage({ limit, cursor }, read, (token) => token);
  const after = cursor === undefined ? null : placeIn(cursor, sort);
  const found = await read({ limit: limit + 1, before: null, sort: { order: sort, after } });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, next_cursor: more ? cursorAt(placeOf(last, sort), sort) : null };
}

function cursorAt({ key, id }: SortPlace, sort: SortOrder): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString('base64url');
}

function placeIn(cursor: string, sort: SortOrder): SortPlace {
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) throw invalidCursor();
  const [order, key, id] = parsed.data;
  const isKey = { name: 'string', created: 'object', expires: 'number', last_used: 'number' };
  const kind = isKey[order.replace('-', '') as keyof typeof isKey];
  const fits = typeof key === kind || (key === null && kind === 'number');
  if (order !== sort || !fits) throw invalidCursor();
  return { key, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
