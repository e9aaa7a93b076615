import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';

/** How many of the newest rows of a kind are searched for a text in the middle. */
export const maxSearched = 10_000;

/** Greater than every character of a stored text. */
const last = '\u{10ffff}';

/** Restricts a query to rows whose text in `column` begins with `start`. An index that compares byte by byte leads to them. */
export function whereBegins(
  query: Knex.QueryBuilder,
  { bytewise }: Pick<Engine, 'bytewise'>,
  column: string,
  start: string,
): void {
  query.whereRaw(`${bytewise(column)} >= ? AND ${bytewise(column)} < ?`, [start, `${start}${last}`]);
}

/**
 * Returns a condition that is true if a description contains the text as it was typed, or in lower case. No column holds folded
 * descriptions, so the case of other letters than A to Z counts.
 */
export function describes({ contains }: Pick<Engine, 'contains'>, column: string): string {
  return `(${contains(column)} OR ${contains(`lower(${column})`)})`;
}
