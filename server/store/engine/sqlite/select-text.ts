import type { Select } from '../engine.ts';

/**
 * Creates a function that returns the SQL text of a SELECT. It selects all rows as one JSON text, because the driver takes
 * three times as long to return columns one by one. Each text is composed once, because that takes longer than the
 * reader's search for its prepared statement.
 */
export function createSelectText(): (select: Select) => string {
  const texts = new WeakMap<Select, string>();
  return (select) => {
    const known = texts.get(select);
    if (known !== undefined) return known;
    const text = `SELECT json_group_array(json_array(${select.columns.join(', ')})) AS found ${select.from}`;
    texts.set(select, text);
    return text;
  };
}
