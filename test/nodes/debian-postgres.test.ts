import { afterAll, beforeAll } from 'vitest';
import { startPgbouncer } from '../helpers/pgbouncer.ts';
import { openPostgresStore, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { hasRealParts } from '../helpers/real-parts.ts';
import { describeStore } from '../store/contract.ts';
import { describeFailures } from '../store/postgres-failures.ts';

if (hasRealParts('postgres', 'pgbouncer')) {
  let postgres: TestPostgres;
  let pgbouncer: Awaited<ReturnType<typeof startPgbouncer>>;
  beforeAll(async () => {
    postgres = await startPostgres('debian');
    pgbouncer = await startPgbouncer(postgres.port);
  }, 60_000);
  afterAll(async () => {
    await pgbouncer.stop();
    await postgres.remove();
  });

  describeStore('the store on Debian’s PostgreSQL', async () => openPostgresStore(await postgres.newDatabase()));

  describeStore('the store behind pgbouncer’s transaction pooling', async () => {
    const url = new URL(await postgres.newDatabase());
    url.port = String(pgbouncer.port);
    return openPostgresStore(url.href);
  });

  describeFailures('debian');
}
