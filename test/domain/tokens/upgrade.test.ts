import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { startIdlePolicy } from '../../../server/domain/tokens/idle.ts';
import { createNoticeJob } from '../../../server/jobs/collected-mails.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import { createServices } from '../../../server/services.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { openStore } from '../../../server/store/open.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';

const day = 24 * 60 * 60 * 1000;
const newestOfRelease = '0010-count-prefixes';
const signal = new AbortController().signal;

let close = async () => {};
afterEach(() => close());

/** Opens a database that the release before made, with a member and these tokens, as this release opens it. */
async function openUpgraded(tokens: ReadonlyArray<{ hash: string; createdAt: number; expiresAt: number | null }>) {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-upgrade-'));
  const path = join(directory, 'tokens.db');
  const engine = await openSqlite(`sqlite:${path}`);
  await createKnexStore(
    engine,
    migrations.filter(({ name }) => name <= newestOfRelease),
  ).migrate();
  await engine.knex('users').insert({
    ...{ id: 'old', email: 'old@example.com', email_folded: 'old@example.com', name: '', name_folded: '' },
    ...{ superuser: false, disabled: false, can_manage_tokens: true, sso: false, created_at: 0 },
  });
  const rows = tokens.map(({ hash, createdAt, expiresAt }, index) => ({
    ...{ id: `token-${10_000 + index}`, owner_id: 'old', hash, prefix: `tok_${10_000_000 + index}` },
    ...{ name: `old ${index}`, name_folded: `old ${index}`, created_at: createdAt, expires_at: expiresAt },
  }));
  await engine.knex.batchInsert('tokens', rows, 50);
  await engine.close();
  const store = await openStore(`sqlite:${path}`);
  expect(await store.migrate()).toContain('0013-collected-mails');
  const app = await openTestApp({}, Promise.resolve({ store, path, close: () => store.close() }));
  close = async () => {
    await app.close();
    await rm(directory, { recursive: true });
  };
  return app;
}

/** Serves the database with new settings from now on, as a daemon does. */
async function serve(app: TestApp, settings: Partial<TestApp['config']>) {
  const config = { ...app.config, ...settings };
  const policyStarts = await startIdlePolicy(app.store, config.maxIdle, app.clock.now());
  return { ...createServices({ ...app, config, policyStarts, mailQueued: () => {} }), config };
}

describe('a database of the release before with 1,000 old tokens', () => {
  it('loses none of them at once when limits and notices are switched on', async () => {
    const now = Date.parse('2026-11-23T16:20:00.000Z');
    const secrets = Array.from({ length: 1_000 }, () => generateToken('tok'));
    const app = await openUpgraded(
      secrets.map((secret, index) => ({
        hash: secret.hash(),
        createdAt: now - (40 + index) * day,
        // Never, within two months, or in ten years.
        expiresAt: [null, now + (1 + (index % 60)) * day, now + 3_650 * day][index % 3] ?? null,
      })),
    );
    const services = await serve(app, { maxIdle: 30 * 86_400, maxExpiry: 7 * 86_400, keepExpired: 3_600 });
    const jobs = [createNoticeJob(services.tokenNotices), createPurge({ ...app, ...services })];
    const work = async () => {
      for (const job of jobs) await job.run(signal);
    };
    const reasons = async () => {
      const verdicts = await Promise.all(secrets.map((secret) => services.verify(secret.reveal())));
      return verdicts.map((verdict) => (verdict.allowed ? 'allowed' : verdict.reason));
    };
    expect(new Set(await reasons())).toEqual(new Set(['allowed']));
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
});
