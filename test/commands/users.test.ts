import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runUnlock } from '../../server/commands/users/unlock.ts';
import { createUnlockJob } from '../../server/jobs/unlock.ts';
import { openStore } from '../../server/store/open.ts';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';
import { runCommand } from '../helpers/app/commands.ts';

let dataDir: string;
let app: TestApp;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  dataDir = await mkdtemp(join(tmpdir(), 'tokens-users-'));
  const path = join(dataDir, 'tokens.db');
  const store = await openStore(`sqlite:${path}`);
  await store.migrate();
  app = await openTestApp({}, Promise.resolve({ store, path, close: () => store.close() }));
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
});

const unlock = (email: string) => runCommand({ TOKENSD_DATA_DIR: dataDir }, (context) => runUnlock(context, email));
/** Does what a running daemon does every second. */
const runJob = () => createUnlockJob(app.services.unlock).run(new AbortController().signal);
/** Each account has a network of its own, because networks are limited too. */
const networkOf = (email: string) => `198.18.0.${email.length}`;
const guess = (email: string, ip = networkOf(email)) =>
  app.ask('/api/v1/sessions', { json: { email, password: 'wrong' }, ip }).then(({ status }) => status);

/** Fails until the account has to wait for minutes at this network. */
async function lock(account: string): Promise<void> {
  for (let n = 0; n < 12; n += 1) {
    const keys = { guess: 'password', account, ip: networkOf(account) } as const;
    await app.services.rateLimit.attempt(keys, async () => ({ succeeded: false })).catch(() => undefined);
    vi.setSystemTime(Date.now() + 600_000);
  }
  vi.setSystemTime(Date.now() - 600_000);
  expect(await guess(account)).toBe(429);
}

it('unlocks the members it names, in a daemon that runs, and audits it', async () => {
  await lock(app.dev.email);
  await lock(app.root.email);
  expect(await unlock('DEV@example.com')).toMatchObject({ code: 0, stdout: '' });
  const { code, stderr } = await unlock(app.root.email);
  expect([code, stderr]).toEqual([0, `The daemon unlocks ${app.root.email} within a second.\n`]);
  await runJob();
  expect([await guess(app.dev.email), await guess(app.root.email)]).toEqual([401, 401]);
  const events = await app.store.audit.list({ limit: 3, before: null, action: 'user.unlocked' });
  expect(events.map(({ actor, target }) => [actor.kind, target.name]).sort()).toEqual([
    ['system', app.dev.email],
    ['system', app.root.email],
  ]);
});

it('unlocks at once if the requesting process holds the counts itself, as on PostgreSQL', async () => {
  await lock(app.dev.email);
  expect(await app.services.unlock.request(app.dev.email)).toBe(true);
  expect(await guess(app.dev.email)).toBe(401);
});

it('unlocks nobody else, and nobody twice', async () => {
  await lock(app.root.email);
  await unlock(app.dev.email);
  await runJob();
  expect(await guess(app.root.email)).toBe(429);
  await lock(app.dev.email);
  await runJob();
  expect(await guess(app.dev.email)).toBe(429);
});

it('rejects an address that nobody has, and one that is none', async () => {
  expect(await unlock('nobody@example.com')).toMatchObject({ code: 3 });
  expect(await unlock('nobody')).toMatchObject({ code: 2 });
});
