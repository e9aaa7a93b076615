import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

describe('migrations on PostgreSQL', () => {
  let postgres: TestPostgres;
  let engine: Engine;
  beforeAll(async () => {
    postgres = await startPostgres();
    engine = await openPostgres(await postgres.newDatabase());
  }, 60_000);
  afterAll(async () => {
    await engine.close();
    await postgres.remove();
  });

  it('lock out no reader but those of the audit log while they create indexes, which takes minutes', async () => {
    const first = migrations.findIndex(({ name }) => name === '0004-list-indexes');
    await createKnexStore(engine, migrations.slice(0, first)).migrate();
    const locked = await engine.knex.transaction(async (trx) => {
      await migrations[first]?.up(trx);
      const sql = `SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind = 'r'`;
      return engine.rows(await trx.raw(sql));
    });
    expect(locked).toEqual([{ relname: 'audit' }]);
  });
});
