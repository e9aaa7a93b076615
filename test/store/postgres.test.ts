import { afterAll, beforeAll } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { describeStore } from './contract.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove());

describeStore('the store on PostgreSQL', async () => {
  const store = await openStore(await postgres.newMigratedDatabase());
  return { store, close: () => store.close() };
});
