import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsSchema } from '../../server/config/settings/settings.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import type { Store } from '../../server/store/store.ts';
import { startPgbouncer } from '../helpers/peers/pgbouncer.ts';
import { openPostgresStore, startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { addToken, addUser } from '../store/contract/records.ts';
import { describeStore } from '../store/contract.ts';
import { times, useOneDatabase } from '../store/one-database.ts';
import { describeFailures } from '../store/postgres-failures.ts';

async function openMigrated(url: string): Promise<Store> {
  const store = createKnexStore(await openPostgres(url, { times }), migrations);
  await store.migrate();
  return store;
}

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

  const openDirectly = useOneDatabase(() => postgres.newDatabase(), openMigrated);
  describeStore('the store on Debian’s PostgreSQL', openDirectly);

  const openBehindPool = useOneDatabase(async () => {
    const url = new URL(await postgres.newDatabase());
    return Object.assign(url, { port: String(pgbouncer.port) }).href;
  }, openMigrated);
  describeStore('the store behind pgbouncer’s transaction pooling', openBehindPool);

  it('connects through a Unix socket whose directory is percent-encoded as the host', async () => {
    const { pathname } = new URL(await postgres.newDatabase());
    const socket = `postgres://tokens:tokens@${encodeURIComponent(postgres.directory)}:${postgres.port}${pathname}`;
    expect(settingsSchema.safeParse({ TOKENSD_DATABASE_URL: socket }).success).toBe(true);
    const { store, close } = await openPostgresStore(socket);
    expect(await store.users.isEmpty()).toBe(true);
    await close();
  });

  describe('nodes behind pgbouncer’s transaction pooling', () => {
    it('get every result, although connections are shared with clients that prepared statements', async () => {
      const url = new URL(await postgres.newDatabase());
      url.port = String(pgbouncer.port);
      const [first, second] = [await openPostgresStore(url.href), await openPostgresStore(url.href)];
      const token = await addToken(first.store, (await addUser(first.store)).id);
      for (let round = 0; round < 50; round += 1) {
        const asking = [first, second, second, first, first, second].map(({ store }) => store);
        const responses = await Promise.all(asking.map(({ tokens }) => tokens.findByHashes([token.hash, 'none'])));
        expect(responses.map((found) => found.map((match) => match?.kind))).toEqual(
          asking.map(() => ['token', undefined]),
        );
      }
      await Promise.all([first.close(), second.close()]);
    });
  });

  describeFailures('debian');
}
