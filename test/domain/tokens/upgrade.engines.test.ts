import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { startIdlePolicy } from '../../../server/domain/tokens/idle.ts';
import { createNoticeJob } from '../../../server/jobs/collected-mails.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import { createServices } from '../../../server/services.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { openStore } from '../../../server/store/open.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';

const day = 24 * 60 * 60 * 1000;
const newestOfRelease = '0010-count-prefixes';
const noClient = { ip: null, userAgent: null };
const signal = new AbortController().signal;

/** Opens a new database with the schema of the release before, and returns what the next release opens. */
const engines = {
  async SQLite() {
    const directory = await mkdtemp(join(tmpdir(), 'tokens-upgrade-'));
    const url = `sqlite:${join(directory, 'tokens.db')}`;
    return { url, engine: await openSqlite(url), remove: () => rm(directory, { recursive: true }) };
  },
  async PostgreSQL() {
    const url = await postgres.newDatabase();
    return { url, engine: await openPostgres(url), remove: async () => {} };
  },
};

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.remove());

type OldToken = { hash: string; createdAt: number; expiresAt: number | null };

/** Opens a database that a release with these migrations made, with a member and these tokens, as this release opens it. */
async function openUpgraded(
  newDatabase: (typeof engines)['SQLite'],
  tokens: readonly OldToken[],
  { newest = newestOfRelease, usedTokens = [] as string[] } = {},
) {
  const { url, engine, remove } = await newDatabase();
  const before = migrations.filter(({ name }) => name <= newest);
  await createKnexStore(engine, before).migrate();
  await engine.knex('users').insert({
    ...{ id: 'old', email: 'old@example.com', email_folded: 'old@example.com', name: '', name_folded: '' },
    ...{ superuser: false, disabled: false, can_manage_tokens: true, sso: false, created_at: 0 },
  });
  const rows = tokens.map(({ hash, createdAt, expiresAt }, index) => ({
    ...{ id: `token-${10_000 + index}`, owner_id: 'old', hash, prefix: `tok_${10_000_000 + index}` },
    ...{ name: `old ${index}`, name_folded: `old ${index}`, created_at: createdAt, expires_at: expiresAt },
  }));
  await engine.knex.batchInsert('tokens', rows, 50);
  for (const id of usedTokens) await engine.knex('usage_totals').insert({ token_id: id, uses: 30, first_at: 1 });
  await engine.close();
  const store = await openStore(url);
  expect(await store.migrate()).toEqual(migrations.slice(before.length).map(({ name }) => name));
  const app = await openTestApp({}, Promise.resolve({ store, path: url, close: () => store.close() }));
  onTestFinished(async () => {
    await app.close();
    await remove();
  });
  return app;
}

/** Serves the database with new settings from now on, as a daemon does. */
async function serve(app: TestApp, settings: Partial<TestApp['config']>) {
  const config = { ...app.config, ...settings };
  const policyStarts = await startIdlePolicy(app.store, config.maxIdle, app.clock.now());
  return { ...createServices({ ...app, config, policyStarts, mailQueued: () => {} }), config };
}

describe.each(Object.entries(engines))(
  'a %s database of the release before with 1,000 old tokens',
  (_engine, newDatabase) => {
    it('loses none of them at once when maxima, a limit for idle tokens and notices are switched on', async () => {
      const now = Date.parse('2026-11-23T16:20:00.000Z');
      const secrets = Array.from({ length: 1_000 }, () => generateToken('tok'));
      const app = await openUpgraded(
        newDatabase,
        secrets.map((secret, index) => ({
          hash: secret.hash(),
          createdAt: now - (40 + index) * day,
          // Never, within two months, or in ten years.
          expiresAt: [null, now + (1 + (index % 60)) * day, now + 3_650 * day][index % 3] ?? null,
        })),
      );
      const maxima = { maxExpiry: 7 * 86_400, maxTokensPerUser: 10 };
      const services = await serve(app, { ...maxima, maxIdle: 30 * 86_400, keepExpired: 3_600 });
      const jobs = [createNoticeJob(services.tokenNotices), createPurge({ ...app, ...services })];
      const work = async () => {
        for (const job of jobs) await job.run(signal);
      };
      const reasons = async () => {
        const verdicts = await Promise.all(secrets.map((secret) => services.verify(secret.reveal())));
        return verdicts.map((verdict) => (verdict.allowed ? 'allowed' : verdict.reason));
      };
      expect(new Set(await reasons())).toEqual(new Set(['allowed']));
      const user = (await app.store.users.findById('old')) ?? expect.fail();
      const creation = services.tokens.create({ user, clientInfo: noClient, channel: 'cli' }, { name: 'one more' });
      await expect(creation).rejects.toMatchObject({ code: 'token-limit' });
      await work();
      await work();
      expect(new Set(await reasons())).toEqual(new Set(['allowed']));
      const mails = await app.mails();
      expect(mails.map(({ to }) => to)).toEqual(['old@example.com']);
      expect(mails[0]?.subject).toMatch(/API tokens expire soon, \d+ become idle soon$/);

      app.clock.advance(14 * day - 1);
      await work();
      expect(new Set(await reasons())).toEqual(new Set(['allowed', 'expired']));
      app.clock.advance(1);
      expect(new Set(await reasons())).toEqual(new Set(['idle', 'expired']));
      app.clock.advance(30 * day - 1);
      await work();
      expect(await app.store.tokens.findById('token-10000')).not.toBeNull();
      app.clock.advance(1 + 60 * 60 * 1000);
      await work();
      expect(await app.store.tokens.findById('token-10000')).toBeNull();
      expect(new Set(await reasons())).toEqual(new Set(['idle', 'expired']));
    }, 60_000);

    it('does not claim to know which inputs the uses before rules lacked', async () => {
      const tokens = ['one', 'two'].map((hash) => ({ hash, createdAt: 0, expiresAt: null }));
      const startedAt = Date.now();
      const { store } = await openUpgraded(newDatabase, tokens, {
        newest: '0013-collected-mails',
        usedTokens: ['token-10000'],
      });
      const gaps = await store.usage.gapsOf('token-10000');
      expect(Object.keys(gaps)).toHaveLength(5);
      for (const at of Object.values(gaps)) {
        expect(at).toBeGreaterThanOrEqual(startedAt);
        expect(at).toBeLessThan(Date.now() + 1_000);
      }
      expect(new Set(Object.values(await store.usage.gapsOf('token-10001')))).toEqual(new Set([null]));
    });
  },
);
