import type { Knex } from 'knex';
import type { Engine, Row } from '../../engine/engine.ts';
import type { MemberDataPlace } from '../../interfaces/erasure.ts';
import { type ColumnKind, notShown, type Part, type PlainKind } from './part.ts';

/** Rows that one statement reads. */
const pageSize = 200;

interface RowQuery extends Pick<MemberDataPlace, 'after'> {
  /** The values by which the column names the member. */
  value: string;
}

/** Reads some rows of a part. `last` is the key of the last one if more may follow. */
export async function readRows(knex: Knex, engine: Engine, part: Part, query: RowQuery) {
  const { sql, bindings } = selectRows(part, query);
  const found = engine.rows(await knex.raw(sql, bindings));
  const rows = found.filter(({ is_included: isIncluded }) => Boolean(isIncluded)).map((row) => shownRow(part, row));
  const last = found.length < pageSize ? undefined : found.at(-1);
  return { rows, last: last === undefined ? null : keyOf(part, last) };
}

/**
 * Returns the statement for one page. Rows that another part has are read and left out afterwards: a condition in the statement could make it
 * read all events of a busy superuser for a page of few.
 */
function selectRows(part: Part, { value, after }: RowQuery) {
  const { table, by, key, except, columns } = part;
  const list = Object.entries(columns).map(([column, kind]) => `${sqlOf(column, kind)} AS ${alias(column)}`);
  const keys = key.map((column, place) => `${column} AS key_${place}`);
  const isIncluded = `CASE WHEN ${except ?? 'true'} THEN 1 ELSE 0 END AS is_included`;
  // The expression keeps the databases from reading the whole table in the order of its primary key.
  const [first, ...others] = key;
  const order = [part.inOrder ? first : `${first} || ''`, ...others].join(', ');
  const from = after === null ? '' : ` AND (${order}) > (${key.map(() => '?').join(', ')})`;
  return {
    sql: `SELECT ${[...list, ...keys, isIncluded].join(', ')} FROM ${table} WHERE ${by} = ?${from} ORDER BY ${order} LIMIT ${pageSize}`,
    bindings: [value, ...(after ?? [])] as Knex.RawBinding[],
  };
}

/** Returns SQL for what is shown of a column. A secret does not leave the database. */
function sqlOf(column: string, kind: ColumnKind): string {
  if (typeof kind === 'object') return kind.sql;
  return kind === 'secret' ? `CASE WHEN ${column} IS NULL THEN NULL ELSE '${notShown}' END` : column;
}

/** A name that no column of the table has, so that ORDER BY refers to the column. */
function alias(column: string): string {
  return `shown_${column}`;
}

function keyOf({ key }: Part, row: Row): unknown[] {
  return key.map((_, place) => row[`key_${place}`]);
}

function shownRow({ columns }: Part, row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).map(([column, kind]) => [column, shownValue(kind, row[alias(column)])]),
  );
}

/** Returns a value as JSON shows it. A time becomes a `Date`. */
function shownValue(kind: ColumnKind, stored: unknown): unknown {
  if (stored === null || stored === undefined) return null;
  switch (typeof kind === 'object' ? kind.kind : (kind as PlainKind)) {
    case 'number':
      return Number(stored);
    case 'time':
      return new Date(Number(stored));
    case 'flag':
      return Boolean(stored);
    case 'json':
      return parsed(String(stored));
    default:
      return stored;
  }
}

/** Returns the value of a JSON text, or a text that is not JSON as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
