import { afterAll, beforeAll } from 'vitest';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { patientTimes, startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { describeStore } from './contract.ts';

/** The tests set the time of this process. */
const ownClock = { now: () => null, record: () => {} };

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove(), 60_000);

describeStore('the store on PostgreSQL', async () => {
  const engine = await openPostgres(await postgres.newMigratedDatabase(), { times: patientTimes, clock: ownClock });
  const store = createKnexStore(engine, migrations);
  return { store, close: () => store.close() };
});
