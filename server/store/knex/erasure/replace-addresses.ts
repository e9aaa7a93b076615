import type { Knex } from 'knex';
import { pseudonymOf } from '../../../../shared/pseudonym.ts';
import { type AddressSearch, searchFor } from '../../../email-addresses.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import type { Person } from '../../interfaces/erasure.ts';
import { type TextTable, textTables } from './text-columns.ts';

/** Rows that one statement reads. It then ends well within the time limit of a statement. */
const batchSize = 2_000;

/** Does what `ErasureStore.replaceAddresses` says, on an engine or in a transaction. */
export async function replaceAddresses(knex: Knex, engine: Engine, { id, addresses }: Person): Promise<void> {
  if (addresses.length === 0) return;
  const search = searchFor(addresses);
  for (const table of await textTables(knex)) {
    for await (const row of rowsThatMayMatch(knex, engine, table, search)) {
      if (table.name === 'users' && row.id === id) continue;
      await rewriteRow(knex, table, row, { search, pseudonym: pseudonymOf(id) });
    }
  }
}

/** Yields the rows that contain an address, and others. Reads the table in the order of its primary key. */
async function* rowsThatMayMatch(knex: Knex, engine: Engine, { name, key, columns }: TextTable, search: AddressSearch) {
  const keyColumns = key.join(', ');
  const marks = key.map(() => '?').join(', ');
  const forms = [...search.forms];
  const condition = columns.flatMap((column) => forms.map(() => engine.contains(`lower(${column})`))).join(' OR ');
  const wanted = columns.flatMap(() => forms);
  const selection = [...new Set([...key, ...columns])].join(', ');
  let after: unknown[] | null = null;
  do {
    const from: string = after === null ? '' : `(${keyColumns}) > (${marks})`;
    const begin: readonly unknown[] = after ?? [];
    const last = `SELECT ${keyColumns} FROM ${name} ${from && `WHERE ${from}`} ORDER BY ${keyColumns} LIMIT 1 OFFSET ?`;
    const [end] = await read(knex, engine, last, [...begin, batchSize - 1]);
    after = end ? key.map((column) => end[column]) : null;
    const range = [from, after && `(${keyColumns}) <= (${marks})`, `(${condition})`].filter(Boolean).join(' AND ');
    const sql = `SELECT ${selection} FROM ${name} WHERE ${range}`;
    yield* await read(knex, engine, sql, [...begin, ...(after ?? []), ...wanted]);
  } while (after !== null);
}

async function read(knex: Knex, engine: Engine, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  return engine.rows(await knex.raw(sql, bindings as Knex.RawBinding[]));
}

/** Rewrites the texts of a row, or deletes the row if it is a mail to the member or has an address in its key. */
async function rewriteRow(
  knex: Knex,
  { name, key, columns }: TextTable,
  row: Row,
  { search, pseudonym }: { search: AddressSearch; pseudonym: string },
): Promise<void> {
  const where = Object.fromEntries(key.map((column) => [column, row[column]]));
  const found = columns.filter((column) => typeof row[column] === 'string' && search.isIn(row[column]));
  if (found.length === 0) return;
  if (found.some((column) => key.includes(column) || (name === 'outbox' && column === 'recipient'))) {
    await knex(name).where(where).delete();
    return;
  }
  // Only if nobody changed the text in the meantime: a change that comes first must not be undone.
  const unchanged = Object.fromEntries(found.map((column) => [column, row[column]]));
  const changes = found.map((column) => [column, search.replace(String(row[column]), pseudonym)]);
  await knex(name)
    .where({ ...where, ...unchanged })
    .update(Object.fromEntries(changes));
}
