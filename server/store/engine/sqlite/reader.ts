import sqlite3 from 'sqlite3';
import type { Row } from '../engine.ts';
import { configure, connect, disconnect } from './connection.ts';

export interface Reader {
  all(sql: string, bindings: readonly string[]): Promise<Row[]>;
  close(): Promise<void>;
}

/**
 * Opens a read-only connection beside the writing one. In WAL mode its statements never wait for an open write
 * transaction, and see everything that was committed before they started. Each statement is prepared once.
 */
export async function openReader(path: string): Promise<Reader> {
  const database = await connect(path, sqlite3.OPEN_READONLY);
  await configure(database).catch(async (error: unknown) => {
    await disconnect(database);
    throw error;
  });
  const statements = new Map<string, Promise<sqlite3.Statement>>();

  const prepare = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const prepared = new Promise<sqlite3.Statement>((resolve, reject) => {
      const statement = database.prepare(sql, (error) => (error ? reject(error) : resolve(statement)));
    });
    statements.set(sql, prepared);
    prepared.catch(() => statements.delete(sql));
    return prepared;
  };

  return {
    async all(sql, bindings) {
      const statement = await prepare(sql);
      return new Promise((resolve, reject) => {
        statement.all<Row>(bindings, (error, rows) => (error ? reject(error) : resolve(rows)));
      });
    },
    async close() {
      for (const statement of await Promise.all(statements.values())) statement.finalize();
      statements.clear();
      await disconnect(database);
    },
  };
}
