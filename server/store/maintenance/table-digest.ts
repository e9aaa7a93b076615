import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Row } from '../engine/engine.ts';
import type { DataTable } from './tables.ts';

const rowsAtOnce = 1000;

/** The rows of a table in bounded batches, in the order of its key. */
export async function* batchesOf(knex: Knex, { name, key }: DataTable): AsyncGenerator<Row[]> {
  let last: Row | undefined;
  for (;;) {
    const query = knex(name).limit(rowsAtOnce);
    for (const column of key) query.orderBy(column);
    if (last !== undefined) {
      const values = key.map((column) => last?.[column] as string);
      query.whereRaw(`(${key.join(', ')}) > (${key.map(() => '?').join(', ')})`, values);
    }
    const rows: Row[] = await query;
    if (rows.length > 0) yield rows;
    if (rows.length < rowsAtOnce) return;
    last = rows.at(-1);
  }
}

/** Counts rows and adds up their SHA-256 hashes, so that the order in which they come does not matter. */
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

/** How one database's rows are made alike to another's: booleans and numbers as JavaScript has them, no NUL in texts. */
export async function normalizerFor(knex: Knex, table: DataTable): Promise<(row: Row) => Row> {
  const columns: Record<string, Knex.ColumnInfo> = await knex.table(table.name).columnInfo();
  const kinds = new Map(Object.entries(columns).map(([name, { type }]) => [name, kindOf(type)]));
  return (row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, alike(value, kinds.get(column))]));
}

function kindOf(type: string): 'boolean' | 'number' | 'text' {
  if (/bool/i.test(type)) return 'boolean';
  return /int/i.test(type) ? 'number' : 'text';
}

function alike(value: unknown, kind: 'boolean' | 'number' | 'text' | undefined): unknown {
  if (value === null) return null;
  if (kind === 'boolean') return Boolean(value);
  if (kind === 'number') return Number(value);
  return String(value).replaceAll('\0', '\ufffd');
}
