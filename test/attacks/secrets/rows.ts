import sqlite3 from 'sqlite3';
import { connect, disconnect } from '../../../server/store/engine/sqlite/connection.ts';

/** One text in a database, and where it stands. */
export interface Cell {
  table: string;
  column: string;
  value: string;
}

type Row = Record<string, unknown>;

/** Every row of every table of a SQLite database, as a thief of the file reads it. */
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

/** Every text in it. */
export async function cellsOf(path: string): Promise<Cell[]> {
  const rows = Object.entries(await rowsOf(path));
  return rows.flatMap(([table, some]) =>
    some.flatMap((row) =>
      Object.entries(row).flatMap(([column, value]) =>
        typeof value === 'string' && value !== '' ? [{ table, column, value }] : [],
      ),
    ),
  );
}
