import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Row } from '../engine/engine.ts';
import type { DataTable } from './tables.ts';

const maxRowsPerBatch = 1000;

/** Yields the rows of a table in bounded batches, in the order of its primary key. */
export async function* batchesOf(knex: Knex, { name, key }: DataTable): AsyncGenerator<Row[]> {
  let last: Row | undefined;
  for (;;) {
    const query = knex(name).limit(maxRowsPerBatch);
    for (const column of key) query.orderBy(column);
    if (last !== undefined) {
      const values = key.map((column) => last?.[column] as string);
      query.whereRaw(`(${key.join(', ')}) > (${key.map(() => '?').join(', ')})`, values);
    }
    const rows: Row[] = await query;
    if (rows.length > 0) yield rows;
    if (rows.length < maxRowsPerBatch) return;
    last = rows.at(-1);
  }
}

/** A row count and the sum of the rows' SHA-256 hashes. The sum does not depend on the order of the rows. */
export interface TableDigest {
  rows: number;
  sum: bigint;
}

export function addTo(digest: TableDigest, rows: readonly Row[]): void {
  for (const row of rows) {
    const columns = Object.keys(row).sort();
    const hash = createHash('sha256').update(JSON.stringify(columns.map((column) => [column, row[column]])));
    digest.sum = BigInt.asUintN(256, digest.sum + BigInt(`0x${hash.digest('hex')}`));
    digest.rows += 1;
  }
}

/**
 * Returns a function that makes rows from both databases comparable. It converts values to JavaScript booleans and
 * numbers, and replaces NUL in text, because PostgreSQL cannot store it.
 */
export async function normalizerFor(knex: Knex, table: DataTable): Promise<(row: Row) => Row> {
  const columns: Record<string, Knex.ColumnInfo> = await knex.table(table.name).columnInfo();
  const kinds = new Map(Object.entries(columns).map(([name, { type }]) => [name, kindOf(type)]));
  return (row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, normalize(value, kinds.get(column))]));
}

function kindOf(type: string): 'boolean' | 'number' | 'text' {
  if (/bool/i.test(type)) return 'boolean';
  return /int/i.test(type) ? 'number' : 'text';
}

function normalize(value: unknown, kind: 'boolean' | 'number' | 'text' | undefined): unknown {
  if (value === null) return null;
  if (kind === 'boolean') return Boolean(value);
  if (kind === 'number') return Number(value);
  return String(value).replaceAll('\0', '\ufffd');
}
