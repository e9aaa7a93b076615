import sqlite3 from 'sqlite3';
import { connect, disconnect } from '../../../server/store/engine/sqlite/connection.ts';

/** A text in a database and its location. */
export interface Cell {
  table: string;
  column: string;
  value: string;
}

type Row = Record<string, unknown>;

/** Returns every row of every table of a SQLite file, as an attacker who stole the file would read it. */
export async function rowsOf(path: string): Promise<Record<string, Row[]>> {
  const database = await connect(path, sqlite3.OPEN_READONLY);
  const all = (sql: string): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      database.all<Row>(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  try {
    const tables = await all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    const read = tables.map(async ({ name }) => [name, await all(`SELECT * FROM "${name}"`)]);
    return Object.fromEntries(await Promise.all(read));
  } finally {
    await disconnect(database);
  }
}

/** Returns every non-empty text in a SQLite file. */
export async function cellsOf(path: string): Promise<Cell[]> {
  const rows = Object.entries(await rowsOf(path));
  return rows.flatMap(([table, tableRows]) =>
    tableRows.flatMap((row) =>
      Object.entries(row).flatMap(([column, value]) =>
        typeof value === 'string' && value !== '' ? [{ table, column, value }] : [],
      ),
    ),
  );
}
