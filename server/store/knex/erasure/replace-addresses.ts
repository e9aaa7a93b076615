import type { Knex } from 'knex';
import { type AddressSearch, searchFor } from '../../../email-addresses.ts';
import { pseudonymOf } from '../../../pseudonym.ts';
import { driverCode } from '../../engine/driver-code.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import type { Person } from '../../interfaces/erasure.ts';
import { withoutTaken } from '../accounts/erase-user.ts';
import { type TextTable, textTables } from './text-columns.ts';

/** Rows that one statement reads. It then ends well within the time limit of a statement. */
const batchSize = 2_000;

/**
 * See `ErasureStore.replaceAddresses`. Do not call it in a transaction, because an update that fails would end the transaction.
 */
export async function replaceAddresses(
  knex: Knex,
  engine: Engine,
  { id, addresses }: Person,
  afterBatch: () => Promise<void> = async () => {},
): Promise<void> {
  const pseudonym = pseudonymOf(id);
  for (const table of await textTables(knex)) {
    // Somebody may have been added with the address in the meantime.
    const free = await withoutTaken(knex, id, addresses);
    if (free.length === 0) return;
    const search = searchFor(free);
    for await (const rows of rowsThatMayMatch(knex, engine, table, search)) {
      for (const row of rows) await rewriteRow(knex, table, row, { search, pseudonym });
      await afterBatch();
    }
  }
}

/** Yields batches of rows: those that contain an address, and others. Reads the table in the order of its primary key. */
async function* rowsThatMayMatch(knex: Knex, engine: Engine, { name, key, columns }: TextTable, search: AddressSearch) {
  const keyColumns = key.join(', ');
  const marks = key.map(() => '?').join(', ');
  // One text for the whole row, so that it is converted to lower case once.
  const text = columns.map((column) => `coalesce(${column}, '')`).join(` || ' ' || `);
  const condition = search.clues.map(() => engine.contains(`lower(${text})`)).join(' OR ');
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
    yield await read(knex, engine, sql, [...begin, ...(after ?? []), ...search.clues]);
  } while (after !== null);
}

async function read(knex: Knex, engine: Engine, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  return engine.rows(await knex.raw(sql, bindings as Knex.RawBinding[]));
}

interface Rewriting {
  search: AddressSearch;
  pseudonym: string;
}

/** Rewrites the texts of a row, or deletes the row if it is a mail to the member or has an address in its key. */
async function rewriteRow(knex: Knex, table: TextTable, row: Row, { search, pseudonym }: Rewriting): Promise<void> {
  const { name, key, columns } = table;
  const where = Object.fromEntries(key.map((column) => [column, row[column]]));
  const found = columns.filter((column) => typeof row[column] === 'string' && search.isIn(row[column]));
  if (found.length === 0) return;
  if (found.some((column) => key.includes(column) || (name === 'outbox' && column === 'recipient'))) {
    await knex(name).where(where).delete();
    return;
  }
  // Update the row only if its text is still the same, so that no concurrent change is undone.
  const unchanged = Object.fromEntries(found.map((column) => [column, row[column]]));
  for (let number = 1; ; number += 1) {
    const replacement = number === 1 ? pseudonym : `${pseudonym}-${number}`;
    const changes = found.map((column) => [column, search.replace(String(row[column]), replacement)]);
    const update = knex(name)
      .where({ ...where, ...unchanged })
      .update(Object.fromEntries(changes));
    if (await isUnique(update, number < maxNumber)) return;
  }
}

/** How many rows may have texts that must differ and that only the address tells apart, such as two tokens of a member. */
const maxNumber = 1_000;

const uniqueViolations = ['SQLITE_CONSTRAINT', '23505'];

/** Runs an update. Returns false if another row has the new text of a column whose texts differ, and `mayFail`. */
async function isUnique(update: PromiseLike<unknown>, mayFail: boolean): Promise<boolean> {
  try {
    await update;
    return true;
  } catch (error) {
    if (mayFail && uniqueViolations.includes(driverCode(error))) return false;
    throw error;
  }
}
