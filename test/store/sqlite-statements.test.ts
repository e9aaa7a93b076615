import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, disconnect, execute } from '../../server/store/engine/sqlite/connection.ts';
import { keepStatements } from '../../server/store/engine/sqlite/statements.ts';

describe('a connection to SQLite that keeps its statements', () => {
  let directory: string;
  let database: sqlite3.Database;
  let prepared: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-statements-'));
    const plain = await connect(join(directory, 'a.db'), sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE);
    await execute(plain, 'PRAGMA journal_mode = WAL; CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
    prepared = [];
    const prepare = plain.prepare.bind(plain);
    plain.prepare = (sql: string, ...more: never[]) => {
      prepared.push(sql);
      return prepare(sql, ...more);
    };
    database = keepStatements(plain);
  });
  afterEach(async () => {
    await disconnect(database).catch(() => undefined);
    await rm(directory, { recursive: true });
  });

  const all = (sql: string, bindings: unknown[] = []) =>
    new Promise<unknown[]>((resolve, reject) => {
      database.all(sql, bindings, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  const run = (sql: string, bindings: unknown[] = []) =>
    new Promise<{ lastID: number; changes: number }>((resolve, reject) => {
      database.run(sql, bindings, function (error) {
        if (error) reject(error);
        else resolve({ lastID: this.lastID, changes: this.changes });
      });
    });
  const insert = 'INSERT INTO names (name) VALUES (?)';
  const find = 'SELECT name FROM names WHERE name = ?';

  it('prepares each statement once, and runs it with the bindings of each call', async () => {
    expect(await run(insert, ['a'])).toEqual({ lastID: 1, changes: 1 });
    expect(await run(insert, ['b'])).toEqual({ lastID: 2, changes: 1 });
    expect(await all(find, ['a'])).toEqual([{ name: 'a' }]);
    expect(await all(find, ['c'])).toEqual([]);
    expect(prepared).toEqual([insert, find]);
  });

  it('runs the same statement for several callers at once', async () => {
    await Promise.all([run(insert, ['a']), run(insert, ['b'])]);
    const found = await Promise.all([all(find, ['a']), all(find, ['b']), all(find, ['c'])]);
    expect(found).toEqual([[{ name: 'a' }], [{ name: 'b' }], []]);
    await disconnect(database);
  });

  it('runs a statement again after it failed', async () => {
    await run(insert, ['a']);
    await expect(run(insert, ['a'])).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    expect(await run(insert, ['b'])).toMatchObject({ changes: 1 });
    expect(prepared).toEqual([insert, insert]);
  });

  it('rejects each call of a statement that cannot be prepared', async () => {
    for (let i = 0; i < 2; i += 1) {
      await expect(all('SELECT * FROM nothing WHERE id = ?', [1])).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
    }
  });

  it('sees a column that was added since the statement was prepared', async () => {
    await run(insert, ['a']);
    expect(await all('SELECT * FROM names')).toEqual([{ id: 1, name: 'a' }]);
    await execute(database, 'ALTER TABLE names ADD COLUMN at INTEGER');
    expect(await all('SELECT * FROM names')).toEqual([{ id: 1, name: 'a', at: null }]);
  });

  it('leaves no statement open that keeps others from writing', async () => {
    await run(`${insert} RETURNING id`, ['a']);
    await all('BEGIN IMMEDIATE;');
    await run(insert, ['b']);
    await all('COMMIT;');
    const other = await connect(join(directory, 'a.db'), sqlite3.OPEN_READWRITE);
    await execute(other, "INSERT INTO names (name) VALUES ('c')");
    await disconnect(other);
    expect(await all('SELECT count(*) AS count FROM names')).toEqual([{ count: 3 }]);
    expect(await all('PRAGMA wal_checkpoint(TRUNCATE)')).toMatchObject([{ busy: 0 }]);
  });

  it('keeps the 100 statements that were used last', async () => {
    await all('SELECT 0');
    await all('SELECT 1');
    for (let i = 2; i < 100; i += 1) await all(`SELECT ${i}`);
    await all('SELECT 0');
    await all('SELECT 100');
    prepared = [];
    await all('SELECT 0');
    await all('SELECT 1');
    expect(prepared).toEqual(['SELECT 1']);
  });

  it('keeps no statement of more than 4,096 characters', async () => {
    const long = `SELECT '${'a'.repeat(4_096)}'`;
    await all(long);
    expect(prepared).toEqual([]);
  });

  it('closes although statements are kept', async () => {
    await run(insert, ['a']);
    await all(find, ['a']);
    await expect(disconnect(database)).resolves.toBeUndefined();
  });
});
