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

/** Every item of a list, or the first `most`, page by page. */
export async function collect<T>(fetchPage: (query: PageQuery) => Promise<Page<T>>, most = Infinity): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = String(Math.min(limits.pageMaximum, most - items.length));
    const page: Page<T> = await fetchPage(cursor === null ? { limit } : { limit, cursor });
    const isEndless =
      page.next_cursor !== null && (typeof page.next_cursor !== 'string' || page.next_cursor === cursor);
    if (!Array.isArray(page.items) || isEndless) throw notTokensd();
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < most);
  return items;
}
