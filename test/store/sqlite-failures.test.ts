import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { StoreBusy, StoreUnavailable } from '../../server/store/errors.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { openTestApp } from '../helpers/app/app.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { actor, addToken, addUser, mail, newToken, noon, sessionRecord, userRecord } from './contract/records.ts';

const secret = 'a-value-that-no-log-may-contain';

let outerStore: ReturnType<typeof useOuterStore>;
beforeAll(() => {
  // The call times out after five seconds, so it runs in parallel with the other tests.
  outerStore = useOuterStore();
});

/** Changes a row on the outer store inside a transaction, and reads it after that. */
async function useOuterStore() {
  const { store, close } = await openTestStore();
  const failure = await failureOf(store.transaction(() => store.users.insert(userRecord())));
  const emptyAfter = await store.users.isEmpty();
  await close();
  return { failure, emptyAfter };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new TypeError('The rejection is not an Error.');
  return error;
}

describe('a SQLite store during failures', () => {
  let directory: string;
  let path: string;
  let engine: Engine;
  let store: Store;
  let other: Engine;
  let otherStore: Store;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-failures-'));
    path = join(directory, 'tokens.db');
    engine = await openSqlite(`sqlite:${path}`);
    store = createKnexStore(engine, migrations);
    await store.migrate();
    other = await openSqlite(`sqlite:${path}`);
    otherStore = createKnexStore(other, migrations);
  });
  afterEach(async () => {
    await store.close();
    await otherStore.close();
    await rm(directory, { recursive: true });
  });

  /** Holds the write lock while `work` runs, as another process would. */
  const whileLocked = async (work: () => Promise<void>) => {
    await other.knex.transaction(async (trx) => {
      await trx.raw('SELECT 1');
      await work();
    });
  };

  it('shows neither SQL nor bound values in any error', async () => {
    const owner = await addUser(store);
    const token = await addToken(store, owner.id);
    const failures = [
      await failureOf(
        store.tickets.insert({
          hash: secret,
          kind: 'second-step',
          userId: secret,
          data: secret,
          createdAt: 1,
          expiresAt: 2,
        }),
      ),
      await failureOf(store.tokens.insert(newToken('nobody', { hash: secret, name: secret }), 10)),
      await failureOf(store.tokens.insert(newToken(owner.id, { hash: token.hash, name: secret }), 10)),
      await failureOf(store.sessions.insert(sessionRecord('nobody', { hash: secret }))),
      await failureOf(store.transaction((store) => store.sessions.insert(sessionRecord(secret, { hash: secret })))),
      await failureOf(
        store.idempotency.claim({ userId: secret, key: secret, bodyHash: secret, tokenId: secret, createdAt: 1 }, 0),
      ),
    ];
    await engine.knex.raw('DROP TABLE outbox');
    failures.push(await failureOf(store.outbox.enqueue(mail({ text: secret }))));
    await engine.knex.raw('DROP TABLE tombstones');
    failures.push(await failureOf(store.tokens.findByHashes([secret])));
    failures.push(await failureOf(store.transaction((store) => store.tokens.findByHashes([secret]))));

    for (const failure of failures) {
      expect(failure).not.toBeInstanceOf(StoreUnavailable);
      expect(failure.message).toMatch(/^The database rejected \w+\.\w+ \(SQLITE_\w+\)\.$/);
      const everything = inspect(failure, { depth: null, showHidden: true });
      expect(everything).not.toContain(secret);
      expect(everything).not.toMatch(/insert into|select |values/i);
    }
  });

  it('is unavailable within two seconds while another process holds the write lock', async () => {
    const user = userRecord({ passwordHash: secret });
    let begun = false;
    const begin = () =>
      store.transaction(async () => {
        begun = true;
      });
    await whileLocked(async () => {
      for (const write of [begin, () => store.users.insert(user)]) {
        const started = performance.now();
        const failure = await failureOf(write());
        expect(performance.now() - started).toBeLessThan(2000);
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect(failure.message).toContain('SQLITE_BUSY');
        expect(inspect(failure, { depth: null })).not.toContain(secret);
      }
    });
    expect(begun).toBe(false);
    expect(await store.users.insert(user)).toBe(true);
  });

  it('is ready within a second while its own changes wait for the write lock of another process', async () => {
    const app = await openTestApp({}, Promise.resolve({ store, path, close: async () => {} }));
    await whileLocked(async () => {
      const waiting = Array.from({ length: 4 }, () => failureOf(store.users.insert(userRecord())));
      const started = performance.now();
      expect((await app.ask('/readyz')).status).toBe(200);
      expect(performance.now() - started).toBeLessThan(1000);
      for (const failure of await Promise.all(waiting)) expect(failure).toBeInstanceOf(StoreUnavailable);
    });
    await app.close();
  });

  it('reads sessions, members and lists without delay while its own changes wait for the write lock of another process', async () => {
    const app = await openTestApp({}, Promise.resolve({ store, path, close: async () => {} }));
    await whileLocked(async () => {
      const waiting = Array.from({ length: 4 }, () => failureOf(store.users.insert(userRecord())));
      const started = performance.now();
      for (const address of ['/me', '/tokens', '/users', '/audit', '/clients', '/sessions/current']) {
        expect((await app.ask(`/api/v1${address}`, { as: app.root })).status).toBe(200);
      }
      // Each would take 1,500 ms if it waited for the lock.
      expect(performance.now() - started).toBeLessThan(4000);
      await Promise.all(waiting);
    });
    await app.close();
  });

  it('rejects all of twelve changes within two seconds, even those that wait for each other', async () => {
    await whileLocked(async () => {
      const started = performance.now();
      const changes = Array.from({ length: 12 }, (_, turn) =>
        sleep(turn * 100).then(async () => {
          const began = performance.now();
          const failure = await failureOf(store.transaction((store) => store.users.insert(userRecord())));
          return { failure, ms: performance.now() - began };
        }),
      );
      for (const { failure, ms } of await Promise.all(changes)) {
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect(ms).toBeLessThan(2000);
      }
      expect(performance.now() - started).toBeLessThan(4000);
    });
    await addUser(store);
  });

  it('rejects a change without trying it while five hundred wait', async () => {
    const waiting: Array<Promise<unknown>> = [];
    await store.transaction(async () => {
      for (let turn = 0; turn < 500; turn += 1) waiting.push(store.users.insert(userRecord()).catch(() => null));
      const began = performance.now();
      expect(await failureOf(store.users.insert(userRecord()))).toBeInstanceOf(StoreBusy);
      expect(performance.now() - began).toBeLessThan(500);
    });
    await Promise.all(waiting);
    await addUser(store);
  });

  it('ends a session for the next request, whatever reads it', async () => {
    const app = await openTestApp({}, Promise.resolve({ store, path, close: async () => {} }));
    for (let round = 0; round < 15; round += 1) {
      const member = { ...app.dev, session: await app.signIn(app.dev.id) };
      expect((await app.ask('/api/v1/me', { as: member })).status).toBe(200);
      expect((await app.ask('/api/v1/sessions/current', { method: 'DELETE', as: member })).status).toBe(204);
      const after = await Promise.all([1, 2, 3].map(() => app.ask('/api/v1/me', { as: member })));
      expect(after.map(({ status }) => status)).toEqual([401, 401, 401]);
    }
    await app.close();
  });

  it('finds tokens without delay while another process or one of its own transactions is writing', async () => {
    const owner = await addUser(store);
    const token = await addToken(store, owner.id);
    const look = async () => {
      const started = performance.now();
      expect(await store.tokens.findByHashes([token.hash])).toHaveLength(1);
      expect(performance.now() - started).toBeLessThan(500);
      await store.ping();
    };
    await whileLocked(look);
    await store.transaction(async (inner) => {
      await inner.tokens.destroy(token.id, noon, actor);
      await look();
      expect(await store.tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'token' })]);
    });
    expect(await store.tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'tombstone' })]);
  });

  it('shows every revocation to the next lookup', async () => {
    const owner = await addUser(store);
    for (let round = 0; round < 100; round += 1) {
      const token = await addToken(store, owner.id);
      expect(await store.tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'token' })]);
      await store.transaction((store) => store.tokens.destroy(token.id, noon, actor));
      expect(await store.tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'tombstone' })]);
    }
  });

  it('sees immediately what another process revoked', async () => {
    const owner = await addUser(store);
    const token = await addToken(store, owner.id);
    await store.tokens.findByHashes([token.hash]);
    await otherStore.tokens.destroy(token.id, noon, actor);
    expect(await store.tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'tombstone' })]);
  });

  it('is unavailable when the disk is full, makes no partial change, and recovers', async () => {
    const [{ page_count: pages }] = await engine.knex.raw('PRAGMA page_count');
    await engine.knex.raw(`PRAGMA max_page_count = ${pages}`);
    const first = userRecord();
    const failure = await failureOf(
      store.transaction(async (store) => {
        await store.users.insert(first);
        await store.outbox.enqueue(mail({ text: secret.repeat(100_000) }));
      }),
    );
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(inspect(failure, { depth: null })).not.toContain(secret);
    await engine.knex.raw('PRAGMA max_page_count = 1000000');
    expect(await store.users.isEmpty()).toBe(true);
    expect(await store.users.insert(first)).toBe(true);
    expect(await otherStore.users.findById(first.id)).toEqual(first);
  });

  it('loses no write after a failed commit', async () => {
    const stranded = engine.knex.transaction(async (trx) => {
      await trx.raw('PRAGMA defer_foreign_keys = ON');
      await trx('sessions').insert({
        id: 's',
        user_id: 'nobody',
        hash: 'h',
        created_at: 1,
        last_seen_at: 1,
        expires_at: 1,
      });
    });
    await expect(stranded).rejects.toThrow();
    const user = await addUser(store);
    expect(await otherStore.users.findById(user.id)).toEqual(user);
    expect(await engine.knex.raw('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
  });

  it('is unavailable when its file is damaged', async () => {
    const trees = await engine.knex('sqlite_schema').whereIn('tbl_name', ['users', 'tokens']).pluck('rootpage');
    await store.close();
    await otherStore.close();
    const file = await open(path, 'r+');
    for (const page of trees.filter((number: number) => number > 0)) {
      await file.write(Buffer.alloc(4096, 'damage'), 0, 4096, (page - 1) * 4096);
    }
    await file.close();
    const damaged = await openStore(`sqlite:${path}`);
    expect(await failureOf(damaged.tokens.findByHashes(['x']))).toBeInstanceOf(StoreUnavailable);
    expect(await failureOf(damaged.users.isEmpty())).toBeInstanceOf(StoreUnavailable);
    await damaged.close();

    await writeFile(path, 'This is a letter, not a database. '.repeat(200));
    const failure = await failureOf(openStore(`sqlite:${path}`));
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(failure.message).toBe(
      `Cannot open ${path} as a SQLite database (SQLITE_NOTADB). Check the file, or restore a backup.`,
    );
  });

  it.each([
    ['deleted', () => rm(path)],
    ['moved away', () => rename(path, `${path}.old`)],
    ['replaced', () => rename(path, `${path}.old`).then(() => writeFile(path, ''))],
  ])('is not ready and acknowledges no change once its file was %s', async (_what, remove) => {
    const owner = await addUser(store);
    const { hash } = await addToken(store, owner.id);
    await remove();
    expect(await failureOf(store.ping())).toBeInstanceOf(StoreUnavailable);
    const change = store.transaction((store) => store.users.setName(owner.id, 'Lost'));
    expect(await failureOf(change)).toBeInstanceOf(StoreUnavailable);
    expect(await store.tokens.findByHashes([hash])).toMatchObject([{ kind: 'token', ownerId: owner.id }]);
  });

  it.each(['-wal', '-shm'])('is not ready and acknowledges no change once its %s file was deleted', async (part) => {
    await otherStore.close();
    const owner = await addUser(store);
    const kept = await addToken(store, owner.id);
    for (const remove of [rm, (file: string) => writeFile(file, '')]) {
      await remove(path + part);
      const change = () => store.transaction((store) => store.tokens.destroy(kept.id, noon, actor));
      for (const failure of [await failureOf(store.ping()), await failureOf(change())]) {
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect(failure.message).toBe(
          `${path}${part} was moved, deleted or replaced. Stop tokensd with SIGTERM, which saves all changes, and start it again.`,
        );
      }
    }
    // Closing does what the message promises.
    await store.close();
    const again = await openStore(`sqlite:${path}`);
    expect(await again.tokens.findByHashes([kept.hash])).toMatchObject([{ kind: 'token', ownerId: owner.id }]);
    await again.close();
  });

  it('is unavailable after it is closed, and can be closed twice', async () => {
    await Promise.all([store.close(), store.close()]);
    // At once, so that no rejection waits for its handler.
    const failures = await Promise.all([
      failureOf(store.tokens.findByHashes(['x'])),
      failureOf(store.users.isEmpty()),
      failureOf(store.ping()),
      failureOf(store.transaction(async () => {})),
    ]);
    for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailable);
  });

  it('rejects a change on the outer store inside a transaction instead of waiting forever', async () => {
    const { failure, emptyAfter } = await outerStore;
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(emptyAfter).toBe(true);
  });
});
