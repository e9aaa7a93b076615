import { limits } from '../../shared/limits.ts';
import { notTokensd } from './unwrap.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface PageQuery {
  limit: string;
  cursor?: string;
}

/** The items of a list, a page at a time. */
export type Pages<T> = AsyncIterable<readonly T[]> | Iterable<readonly T[]>;

/** Every page of a list, or those with the first `most` items; each is asked for when it is wanted. */
export async function* pagesOf<T>(
  fetchPage: (query: PageQuery) => Promise<Page<T>>,
  most = Infinity,
): AsyncGenerator<readonly T[]> {
  let cursor: string | null = null;
  let left = most;
  do {
    const limit = String(Math.min(limits.pageMaximum, left));
    const page: Page<T> = await fetchPage(cursor === null ? { limit } : { limit, cursor });
    const isEndless =
      page.next_cursor !== null && (typeof page.next_cursor !== 'string' || page.next_cursor === cursor);
    if (!Array.isArray(page.items) || isEndless) throw notTokensd();
    yield page.items;
    left -= page.items.length;
    cursor = page.next_cursor;
  } while (cursor !== null && left > 0);
}

/** Every item of a list, or the first `most`. */
export function collect<T>(fetchPage: (query: PageQuery) => Promise<Page<T>>, most?: number): Promise<T[]> {
  return gather(pagesOf(fetchPage, most));
}

/** All that the pages hold. */
export async function gather<T>(pages: Pages<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
