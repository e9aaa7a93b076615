import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../server/store/engine/engine.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { aboutNoMember, parts } from '../../../server/store/knex/member-data/parts.ts';
import { dataTables, internalTables } from '../../../server/store/maintenance/tables.ts';
import { openTestStore, type TestStore } from '../../helpers/app/store.ts';

/** Columns that name a service account, whose data is not that of a member. */
const ofServiceAccounts = ['maintainers.service_account_id', 'trusts.service_account_id'];

let opened: TestStore;
let engine: Engine;
beforeAll(async () => {
  opened = await openTestStore();
  engine = await openSqlite(`sqlite:${opened.path}`);
});
afterAll(async () => {
  await engine.close();
  await opened.close();
});

const ask = async (sql: string) => engine.rows(await engine.knex.raw(sql));
const tables = async () =>
  (await ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")).map(({ name }) =>
    String(name),
  );
const columnsOf = async (table: string) => Object.keys(await engine.knex(table).columnInfo());
const partsOf = (table: string) => parts.filter((part) => part.table === table);

/** Returns the columns of a table that no part shows. */
async function unknownColumns(table: string): Promise<string[]> {
  const known = partsOf(table).flatMap(({ columns }) => Object.keys(columns));
  return (await columnsOf(table)).filter((column) => !known.includes(column)).map((column) => `${table}.${column}`);
}

/** Returns the columns of a table that refer to members, and that no part follows. */
async function unfollowed(table: string): Promise<string[]> {
  const references = (await ask(`PRAGMA foreign_key_list("${table}")`)).filter((key) => key.table === 'users');
  const followed = partsOf(table).map(({ by }) => `${table}.${by}`);
  return references
    .map(({ from }) => `${table}.${from}`)
    .filter((column) => ![...followed, ...ofServiceAccounts].includes(column))
    .map((column) => `${column} is not followed`);
}

/** Returns the tables, columns and references to members that the export neither has nor leaves out for a reason. */
async function undecided(): Promise<string[]> {
  const found = (await tables()).map(async (table) => [
    ...(Object.hasOwn(aboutNoMember, table) ? [] : await unknownColumns(table)),
    ...(await unfollowed(table)),
  ]);
  return (await Promise.all(found)).flat();
}

describe('the export of a member’s data', () => {
  it('has every table and every column of the database, or says why not', async () => {
    expect(await undecided()).toEqual([]);
    expect([...Object.keys(aboutNoMember), ...parts.map(({ table }) => table)]).toEqual(
      expect.arrayContaining([...dataTables.map(({ name }) => name), ...internalTables]),
    );
  });

  it('names only tables and columns that exist, each table once', async () => {
    const existing = await tables();
    for (const table of Object.keys(aboutNoMember)) {
      expect(existing).toContain(table);
      expect(partsOf(table)).toEqual([]);
    }
    for (const { table, columns, key, by } of parts) {
      const shownOnly = table === 'maintainers' ? ['name'] : [];
      expect([...(await columnsOf(table)), ...shownOnly]).toEqual(
        expect.arrayContaining([...Object.keys(columns), ...key, by]),
      );
    }
    expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length);
  });

  it('shows no column whose name is that of a secret', () => {
    const shown = parts.flatMap(({ table, columns }) =>
      Object.entries(columns).flatMap(([column, kind]) => (kind === 'secret' ? [] : [`${table}.${column}`])),
    );
    expect(shown.filter((column) => /hash|secret|html|id_token|lease|_code$/.test(column))).toEqual([]);
    expect(shown.filter((column) => /text$|data$/.test(column))).toEqual([
      'tickets.data',
      'outbox.link_data',
      'outbox.link_data',
    ]);
  });

  it('misses a table, a column and a reference that somebody adds', async () => {
    await engine.knex.raw('CREATE TABLE notes (id text PRIMARY KEY, author_id text REFERENCES users (id))');
    await engine.knex.raw('ALTER TABLE sessions ADD COLUMN place text');
    await engine.knex.raw('ALTER TABLE leaks ADD COLUMN found_by text REFERENCES users (id)');
    expect((await undecided()).sort()).toEqual([
      'leaks.found_by',
      'leaks.found_by is not followed',
      'notes.author_id',
      'notes.author_id is not followed',
      'notes.id',
      'sessions.place',
    ]);
  });
});
