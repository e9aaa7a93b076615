import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeStore } from './contract.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove());

describeStore('the store on PostgreSQL', async () => openPostgresStore(await postgres.newDatabase()));
