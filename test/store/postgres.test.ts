import { afterAll, beforeAll } from 'vitest';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { describeStore } from './contract.ts';
import { times, useOneDatabase } from './one-database.ts';

/** The tests set the time of this process. */
const ownClock = { now: () => null, record: () => {} };

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove(), 60_000);

const open = useOneDatabase(
  () => postgres.newMigratedDatabase(),
  async (url) => createKnexStore(await openPostgres(url, { times, clock: ownClock }), migrations),
);

describeStore('the store on PostgreSQL', open);
