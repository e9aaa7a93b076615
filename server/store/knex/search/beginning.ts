import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';

/** How many of the newest rows of a kind are searched for a text in the middle. */
export const maxSearched = 10_000;

/** A text that can be the beginning of a value. Anything else finds no prefix. */
export const prefixStart = /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{0,8}$/;

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

/** Returns a condition that is true if the column has one of these texts, with its binding. */
export function amongTexts(engine: Engine, column: string, texts: readonly string[]): [string, [Knex.RawBinding]] {
  return [engine.among(column), [engine.bindList(texts) as Knex.RawBinding]];
}
