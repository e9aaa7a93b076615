import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { deleteByPrefix } from '../../server/store/engine/postgres/limiter.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { OutcomeUnknown, StoreUnavailable } from '../../server/store/errors.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import type { Store } from '../../server/store/store.ts';
import { openTestApp } from '../helpers/app/app.ts';
import { eventually } from '../helpers/daemon/process.ts';
import {
  openPostgresStore,
  type PostgresKind,
  patientTimes,
  startPostgres,
  type TestPostgres,
} from '../helpers/peers/postgres.ts';
import { startTcpProxy } from '../helpers/peers/tcp-proxy.ts';
import { addToken, addUser, mail, newToken, noon, sessionRecord, userRecord } from './contract/records.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const secret = 'a-value-that-no-log-may-contain';

/** Describes how the store behaves while its server fails. */
export function describeFailures(kind: PostgresKind): void {
  describe(`a store on PostgreSQL (${kind}) during failures`, () => {
    let postgres: TestPostgres;
    let url: string;
    let engine: Engine;
    let store: Store;
    beforeAll(async () => {
      postgres = await startPostgres(kind);
    }, 60_000);
    afterAll(() => postgres.remove());
    beforeEach(async () => {
      url = await postgres.newMigratedDatabase();
      engine = await openPostgres(url);
      store = createKnexStore(engine, migrations);
    });
    afterEach(() => store.close());

    const failureOf = async (work: Promise<unknown>): Promise<Error> => {
      const error = await work.then(
        () => new Error('It did not fail.'),
        (reason: unknown) => reason,
      );
      if (!(error instanceof Error)) throw new TypeError('The rejection is not an Error.');
      return error;
    };

    /** Expects every kind of access to reject with StoreUnavailable within two seconds. */
    const expectOutage = async () => {
      const began = performance.now();
      const failures = await Promise.all([
        failureOf(store.tokens.findByHashes(['x'])),
        failureOf(store.users.findById('x')),
        failureOf(store.transaction((store) => addUser(store))),
        failureOf(
          store.tokens.recordUses([{ tokenId: 'x', at: 1, method: null, path: null, ip: null, userAgent: null }]),
        ),
        failureOf(store.ping()),
      ]);
      expect(performance.now() - began).toBeLessThan(2_000);
      for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailable);
    };

    const expectWorks = async () => {
      const user = await store.transaction((store) => addUser(store));
      const token = await addToken(store, user.id);
      expect(await store.tokens.findByHashes([token.hash])).toHaveLength(1);
      await store.ping();
    };

    const recovers = () =>
      eventually(
        () =>
          store.tokens
            .findByHashes(['x'])
            .then(
              () => store.users.isEmpty(),
              () => undefined,
            )
            .then((empty) => (empty === undefined ? undefined : { empty })),
        'the store to recover',
      );

    it('shows neither SQL nor bound values in any error', async () => {
      const owner = await addUser(store);
      const token = await addToken(store, owner.id);
      const failures = [
        await failureOf(store.tokens.insert(newToken('nobody', { hash: secret, name: secret }), 10)),
        await failureOf(store.tokens.insert(newToken(owner.id, { hash: token.hash, name: secret }), 10)),
        await failureOf(store.sessions.insert(sessionRecord('nobody', { hash: secret }))),
        await failureOf(store.transaction((store) => store.sessions.insert(sessionRecord(secret, { hash: secret })))),
      ];
      await engine.knex.raw('DROP TABLE outbox');
      failures.push(await failureOf(store.outbox.enqueue(mail({ text: secret }))));
      await engine.knex.raw('DROP TABLE tombstones CASCADE');
      failures.push(await failureOf(store.tokens.findByHashes([secret])));
      for (const failure of failures) {
        expect(failure).not.toBeInstanceOf(StoreUnavailable);
        expect(failure.message).toMatch(/^The database rejected \w+\.\w+ \([0-9A-Z]{5}\)\.$/);
        const everything = inspect(failure, { depth: null, showHidden: true });
        expect(everything).not.toContain(secret);
        expect(everything).not.toMatch(/insert into|select |values/i);
      }
    });

    it('replaces NUL when it stores text, and finds nothing by a text with NUL', async () => {
      expect(await store.users.findByEmail('a\0b')).toBeNull();
      expect(await store.users.findByEmail('\0')).toBeNull();
      expect(await store.users.insert(userRecord({ name: 'a\0b' }))).toBe(true);
    });

    it('recovers after the server closes every connection', async () => {
      await expectWorks();
      const admin = new pg.Client(url);
      await admin.connect();
      for (let round = 0; round < 5; round += 1) {
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
        );
        await recovers();
        await expectWorks();
      }
      await admin.end();
    });

    it('is unavailable while the database is read-only, and keeps no connection from that time', async () => {
      const database = new URL(url).pathname.slice(1);
      const administer = async (sql: string) => {
        const admin = new pg.Client(new URL('/postgres', url).href);
        await admin.connect();
        await admin.query(sql).finally(() => admin.end());
      };
      const limiter = store.limiter({ name: 'sign-in', limit: 10, windowSeconds: 60 });
      const changes = [
        () => addUser(store),
        () => store.transaction((store) => addUser(store)),
        () => limiter.consume('198.51.100.7'),
      ];
      // A session reads this setting when it opens, so one from this time stays read-only.
      await administer(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
      for (const change of changes) {
        const failure = await failureOf(change());
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect(failure.message).toContain(
          'in a read-only transaction. Point TOKENSD_DATABASE_URL at the primary, or ask',
        );
      }
      await administer(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
      for (const change of changes) await change();
    });

    it('is unavailable within two seconds while the server is frozen, and recovers', async () => {
      await expectWorks();
      await postgres.signal('STOP');
      try {
        await expectOutage();
        await expectOutage();
      } finally {
        await postgres.signal('CONT');
      }
      await recovers();
      await expectWorks();
    }, 30_000);

    it('is unavailable immediately while the server is stopped, and recovers within five seconds', async () => {
      await addUser(store);
      await postgres.halt();
      await expectOutage();
      await postgres.resume();
      const began = performance.now();
      await recovers();
      await expectWorks();
      expect(performance.now() - began).toBeLessThan(5_000);
    }, 30_000);

    it('reports an unknown outcome if the connection is lost during a commit; a retry with the same key creates nothing twice', async () => {
      const { port, pathname } = new URL(url);
      const proxy = await startTcpProxy(Number(port));
      const app = await openTestApp(
        {},
        openPostgresStore(`postgres://tokens:tokens@127.0.0.1:${proxy.port}${pathname}`),
      );
      const ask = { as: app.dev, json: { name: 'ci' }, headers: { 'Idempotency-Key': 'once' } };
      proxy.cutAfter('COMMIT');
      const first = await app.ask('/api/v1/tokens', ask);
      expect([first.status, ((await first.json()) as { code: string }).code]).toEqual([503, 'outcome-unknown']);
      const second = await app.ask('/api/v1/tokens', ask);
      expect(second.status).toBe(200);
      expect(await second.json()).not.toHaveProperty('token');
      const list = await app.ask('/api/v1/tokens', { as: app.dev });
      expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(1);
      expect(await app.mails()).toHaveLength(1);

      // This commit never reaches the server. The response is the same, and the retry creates the token.
      const lost = { ...ask, json: { name: 'lost' }, headers: { 'Idempotency-Key': 'twice' } };
      proxy.cutBefore('COMMIT');
      const unknown = await app.ask('/api/v1/tokens', lost);
      expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([503, 'outcome-unknown']);
      expect((await app.ask('/api/v1/tokens', lost)).status).toBe(201);
      expect((await app.ask('/api/v1/tokens', lost)).status).toBe(200);
      expect(await app.mails()).toHaveLength(2);

      proxy.cutAfter('BEGIN');
      const third = await app.ask('/api/v1/tokens', { ...ask, json: { name: 'other' }, headers: {} });
      expect([third.status, ((await third.json()) as { code: string }).code]).toEqual([503, 'unavailable']);
      await app.close();
      await proxy.stop();
    });

    it('migrates once when many daemons start concurrently', async () => {
      const fresh = await postgres.newDatabase();
      const engines = await Promise.all(Array.from({ length: 4 }, () => openPostgres(fresh)));
      const applied = await Promise.all(engines.map((one) => createKnexStore(one, migrations).migrate()));
      expect(applied.filter((names) => names.length > 0)).toEqual([migrations.map(({ name }) => name)]);
      await Promise.all(engines.map((one) => one.close()));
    });

    it("waits longer for another daemon's migration than for any other statement", async () => {
      const other = new pg.Client(url);
      await other.connect();
      await other.query('SELECT pg_advisory_lock(7106825104)');
      const began = performance.now();
      const migrated = store.migrate().then(() => performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await other.end();
      expect(await migrated).toBeGreaterThan(2_400);
    });

    it('opens at most 14 connections under any load', async () => {
      const { port, pathname } = new URL(url);
      const proxy = await startTcpProxy(Number(port));
      const crowded = createKnexStore(
        await openPostgres(`postgres://tokens:tokens@127.0.0.1:${proxy.port}${pathname}`, { times: patientTimes }),
        migrations,
      );
      const limiter = crowded.limiter({ name: 'crowd', limit: 1_000, windowSeconds: 60 });
      const one = async (n: number) => {
        await crowded.transaction((store) => addUser(store));
        await crowded.tokens.findByHashes([`${n}`]);
        await crowded.clients.findByClientIds([`${n}`]);
        await limiter.consume('everybody');
        await crowded.users.isEmpty();
      };
      await Promise.all(Array.from({ length: 200 }, (_, n) => one(n)));
      // One more may visit the server for lost connections.
      expect(proxy.maxConnections()).toBe(13);
      await crowded.close();
      await proxy.stop();
    });

    it.each(['repeatable read', 'serializable'])(
      'orders transactions by locks if the default level is %s',
      async (level) => {
        const { pathname } = new URL(url);
        await engine.knex.raw(`ALTER DATABASE ${pathname.slice(1)} SET default_transaction_isolation = '${level}'`);
        const strict = createKnexStore(await openPostgres(url), migrations);
        const user = await strict.transaction((store) => addUser(store));
        let begin = () => {};
        const begun = new Promise<void>((resolve) => {
          begin = resolve;
        });
        const starting = strict.transaction(async (store) => {
          await store.users.lockForNewSession(user.id);
          begin();
          await new Promise((resolve) => setTimeout(resolve, 300));
          await store.sessions.insert(sessionRecord(user.id));
        });
        await begun;
        // The session is not visible when this transaction begins to wait for the lock.
        const ended = strict.transaction(async (store) => {
          await store.users.lockForNewSession(user.id);
          return store.sessions.deleteAllOf(user.id);
        });
        await starting;
        expect(await ended).toHaveLength(1);
        await strict.close();
      },
    );

    it.each([
      ['off', 'on'],
      ['remote_apply', 'remote_apply'],
    ])('commits durably if synchronous_commit is %s by default', async (byDefault, expected) => {
      await engine.knex.raw(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = ${byDefault}`);
      const fresh = await openPostgres(url);
      const value = await fresh.transaction(async (trx) => {
        const { rows } = await trx.raw("SELECT current_setting('synchronous_commit') AS value");
        return rows[0]?.value;
      });
      expect(value).toBe(expected);
      await fresh.close();
    });

    it.each([
      ['a transaction', OutcomeUnknown, (store: Store) => store.transaction((store) => addUser(store))],
      ['a single statement', StoreUnavailable, (store: Store) => addUser(store)],
    ])('shows no change of %s before a synchronous standby has it', async (_what, failure, change) => {
      const admin = new pg.Client(url);
      await admin.connect();
      const setStandby = async (name: string) => {
        await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
        await admin.query('SELECT pg_reload_conf()');
        await sleep(300);
      };
      const times = { connect: 300, acquire: 1_750, total: 1_900, statement: 500 };
      const quick = createKnexStore(await openPostgres(url, { times: { ...patientTimes, ...times } }), migrations);
      await quick.users.isEmpty();
      await setStandby('absent');
      try {
        expect(await failureOf(change(quick))).toBeInstanceOf(failure);
        // Longer than a cancel request, and a visit to the server for lost connections.
        await sleep(1_500);
        const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()";
        expect((await admin.query(waiting)).rows).toHaveLength(1);
        expect(await quick.users.isEmpty()).toBe(true);
      } finally {
        await setStandby('');
      }
      await eventually(async () => !(await quick.users.isEmpty()), 'the change');
      await quick.close();
      await admin.end();
    });

    it('resets the counts of an account by an index, and no others', async () => {
      const limiter = store.limiter({ name: 'failures', limit: 10, windowSeconds: 60 });
      for (const key of ['account-a:1', 'account-a:ü', 'account-a;', 'account-b:1']) await limiter.increment(key);
      await engine.knex.raw("INSERT INTO counts SELECT 'failures:storm' || n, 1, 1 FROM generate_series(1, 20000) n");
      await engine.knex.raw('ANALYZE counts');
      const statement = deleteByPrefix
        .replaceAll('$1', "'failures:account-a:'")
        .replaceAll('$2', "'failures:account-a;'");
      const { rows } = await engine.knex.raw(`EXPLAIN ${statement}`);
      expect(JSON.stringify(rows)).toContain('counts_prefix_index');
      await limiter.resetShared('account-a:');
      const left = await engine.knex('counts').whereNot('expire', 1).orderBy('key').pluck('key');
      expect(left.sort()).toEqual(['failures:account-a;', 'failures:account-b:1']);
    });

    it('claims one mail when asked for one, even if the planner expects only one row', async () => {
      await store.outbox.enqueue(mail());
      await engine.knex.raw('ANALYZE outbox');
      for (let i = 0; i < 5; i += 1) await store.outbox.enqueue(mail());
      expect(await store.outbox.claim({ now: noon, leaseMs: 1000, leaseId: 'mine', limit: 1 })).toHaveLength(1);
    });

    it('gives each mail to one of many workers', async () => {
      const ids = [];
      for (let i = 0; i < 40; i += 1) {
        const message = mail();
        ids.push(message.id);
        await store.outbox.enqueue(message);
      }
      const other = createKnexStore(await openPostgres(url), migrations);
      const claims = await Promise.all(
        Array.from({ length: 80 }, (_, worker) =>
          (worker % 2 ? store : other).outbox.claim({ now: noon, leaseMs: 1000, leaseId: `w${worker}`, limit: 1 }),
        ),
      );
      const claimed = claims.flat().map(({ id }) => id);
      expect(new Set(claimed).size).toBe(claimed.length);
      expect(claimed.length).toBeGreaterThan(20);
      await other.close();
    });
  });
}
