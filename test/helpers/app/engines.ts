import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore, startPostgres, type TestPostgres } from '../peers/postgres.ts';
import { openTestStore } from './store.ts';

/** Ways to open a new store, by the name of the engine; PostgreSQL runs as long as the tests of this file. */
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
