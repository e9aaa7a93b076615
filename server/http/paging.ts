import { validate } from 'uuid';
import { limits } from '../../shared/limits.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { Page } from '../store/records.ts';

export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The rest of a list's query. An absent parameter is an absent key. */
type Filter<Q> = { [K in keyof Omit<Q, keyof PageQuery>]: Exclude<Omit<Q, keyof PageQuery>[K], undefined> };

/** One page of a list, newest first. `read` is asked for one more than the page holds: it tells whether another follows. */
export async function readPage<Q extends PageQuery, T extends { id: string }, V>(
  { limit = limits.pageDefault, cursor, ...filter }: Q,
  read: (query: Page & Filter<Q>) => Promise<T[]>,
  show: (item: T) => V,
): Promise<{ items: V[]; next_cursor: string | null }> {
  const before = cursor === undefined ? null : idOfCursor(cursor);
  const found = await read({ ...(filter as Filter<Q>), limit: limit + 1, before });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(show),
    next_cursor: found.length > limit && last !== undefined ? cursorOf(last.id) : null,
  };
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** @throws ProblemError `invalid-fields` for anything that no list answered as its `next_cursor`. */
function idOfCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!validate(id) || cursorOf(id) !== cursor) {
    const detail = 'cursor is not one that this list answered. Start again without it.';
    throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '?cursor', detail }] });
  }
  return id;
}
