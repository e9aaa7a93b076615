import { limits } from '../../shared/limits.ts';
import { notTokensd } from './responses.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface PageQuery {
  limit: string;
  cursor?: string;
}

/** A list, one page at a time. */
export type Pages<T> = AsyncIterable<readonly T[]> | Iterable<readonly T[]>;

/** Yields the pages of a list until it has yielded `maxItems` items. Requests each page only when it is consumed. */
export async function* pagesOf<T>(
  fetchPage: (query: PageQuery) => Promise<Page<T>>,
  maxItems = Infinity,
): AsyncGenerator<readonly T[]> {
  let cursor: string | null = null;
  let remaining = maxItems;
  do {
    const limit = String(Math.min(limits.maxPageSize, remaining));
    const page: Page<T> = await fetchPage(cursor === null ? { limit } : { limit, cursor });
    if (page.next_cursor !== null && page.next_cursor === cursor) {
      throw notTokensd(new Error('.next_cursor is that of the same page'));
    }
    yield page.items;
    remaining -= page.items.length;
    cursor = page.next_cursor;
  } while (cursor !== null && remaining > 0);
}

/** Returns every item of a list, or the first `maxItems`. */
export function collect<T>(fetchPage: (query: PageQuery) => Promise<Page<T>>, maxItems?: number): Promise<T[]> {
  return gather(pagesOf(fetchPage, maxItems));
}

export async function gather<T>(pages: Pages<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
