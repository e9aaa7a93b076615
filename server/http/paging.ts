import { validate } from 'uuid';
import { limits } from '../../shared/limits.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { Page } from '../store/records.ts';

export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The parameters of a list, without those that select the page. A parameter that was not sent has no key. */
type Filter<Q> = { [K in keyof Omit<Q, keyof PageQuery>]: Exclude<Omit<Q, keyof PageQuery>[K], undefined> };

/** What `read` of a page is called with. */
export type PageOf<Q> = Page & Filter<Q>;

/**
 * Returns one page of a list, newest first. Calls `read` for one item more than the page has, to find out whether another
 * page follows.
 * @throws ProblemError `invalid-fields` for an invalid cursor
 */
export async function readPage<Q extends PageQuery, T extends { id: string }, V>(
  { limit = limits.defaultPageSize, cursor, ...filter }: Q,
  read: (query: Page & Filter<Q>) => Promise<T[]>,
  represent: (item: T) => V,
): Promise<{ items: V[]; next_cursor: string | null }> {
  const before = cursor === undefined ? null : idOfCursor(cursor);
  const found = await read({ ...(filter as Filter<Q>), limit: limit + 1, before });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(represent),
    next_cursor: found.length > limit && last !== undefined ? cursorOf(last.id) : null,
  };
}

/** A cursor is the ID of the page's last item, encoded so that clients treat it as opaque. */
export function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** @throws ProblemError `invalid-fields` for any text that `cursorOf` did not create */
export function idOfCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!validate(id) || cursorOf(id) !== cursor) throw invalidCursor();
  return id;
}

/** Returns the problem for a cursor that no page of the list returned. */
export function invalidCursor(): ProblemError {
  const detail = 'The cursor is not valid. Use next_cursor of the previous page, or start again without a cursor.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '?cursor', detail }] });
}
