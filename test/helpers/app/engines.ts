import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore, startPostgres, type TestPostgres } from '../peers/postgres.ts';
import { openTestStore } from './store.ts';

/** Returns functions that open a new store, by engine. The PostgreSQL server runs until the test file ends. */
export function useEngines() {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.remove());
  return {
    SQLite: openTestStore,
    PostgreSQL: async () => openPostgresStore(await postgres.newMigratedDatabase()),
  };
}
