import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { dataTables, internalTables } from '../../server/store/maintenance/tables.ts';
import type { Store } from '../../server/store/store.ts';
import { patientTimes } from '../helpers/peers/postgres.ts';

/** A migration needs a connection, and must not wait for those that earlier tests left idle. */
export const times = { ...patientTimes, idle: 500 };

/** A new database keeps the rows of these tables, which its migrations wrote. */
const schemaTables = ['knex_migrations', 'knex_migrations_lock', 'compatibility', 'app_version'];

const tables = [
  ...internalTables.filter((name) => !schemaTables.includes(name)),
  ...dataTables.map(({ name }) => name),
];

/**
 * Returns a function that opens one migrated store on PostgreSQL for all tests of a file. Its `close` deletes every row, which
 * takes a tenth of the time of a new database.
 */
export function useOneDatabase(newDatabase: () => Promise<string>, open: (url: string) => Promise<Store>) {
  let store: Store;
  let client: pg.Client;
  beforeAll(async () => {
    const url = await newDatabase();
    store = await open(url);
    client = new pg.Client(url);
    await client.connect();
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await store.close();
  });
  const close = async () => {
    // The tables that refer to others come first.
    await client.query(
      tables
        .map((name) => `DELETE FROM ${name}`)
        .reverse()
        .join('; '),
    );
  };
  return async () => ({ store, close });
}
