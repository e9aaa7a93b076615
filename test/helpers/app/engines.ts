import { afterAll, beforeAll } from 'vitest';
import type { ConnectionTimes } from '../../../server/store/engine/postgres/connections/connection.ts';
import { openPostgresStore, startPostgres, type TestPostgres } from '../peers/postgres.ts';
import { openTestStore } from './store.ts';

/**
 * Returns functions that open a new store, by engine. The PostgreSQL server runs until the test file ends. Races pass `patientTimes`: on a busy
 * machine, a change that queues for a row behind several others otherwise ends at its time limit with a 503, and hides whether they deadlock.
 */
export function useEngines(times?: ConnectionTimes) {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.remove());
  return {
    SQLite: openTestStore,
    PostgreSQL: async () => openPostgresStore(await postgres.newMigratedDatabase(), times),
  };
}
