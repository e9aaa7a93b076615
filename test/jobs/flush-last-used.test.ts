import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLastUsed, type LastUsed } from '../../server/domain/tokens/last-used.ts';
import { createFlushLastUsed, flushLastUsed } from '../../server/jobs/flush-last-used.ts';
import { startJobs } from '../../server/jobs/runner.ts';
import type { LastUse } from '../../server/store/records.ts';
import { createToken, openTestApp, type TestApp } from '../helpers/app/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const use = (at: number, path: string): LastUse => ({ at, method: 'GET', path, ip: '203.0.113.9', userAgent: 'curl' });
const record = (lastUsed: LastUsed, id: string, at: number, target: string) =>
  lastUsed.record(
    id,
    at,
    { method: 'GET', target, peer: '203.0.113.9', forwardedFor: null, userAgent: 'curl' },
    ({ method, target, peer, userAgent }) => ({ method, path: target, ip: peer, userAgent }),
  );
const newToken = async (name: string) => (await createToken(app, app.dev, { name })).id;
const lastUseOf = async (id: string) => (await app.store.tokens.findById(id))?.lastUse;

it('writes the newest use of every token, within a second and without being asked', async () => {
  const [one, two, three] = [await newToken('one'), await newToken('two'), await newToken('three')];
  const lastUsed = createLastUsed();
  const jobs = startJobs([createFlushLastUsed(lastUsed, app.store.tokens, app.clock)], app.log);
  record(lastUsed, one, 2, '/newer');
  record(lastUsed, one, 1, '/older');
  record(lastUsed, two, 3, '/other');
  await expect.poll(() => lastUseOf(two), { timeout: 1500 }).toEqual(use(3, '/other'));
  await jobs.stop();
  expect(await lastUseOf(one)).toEqual(use(2, '/newer'));
  expect(await lastUseOf(three)).toBeNull();
});

it('loses nothing while the store cannot write, and does not put an older use over a newer one', async () => {
  const [one, two] = [await newToken('one'), await newToken('two')];
  const lastUsed = createLastUsed();
  record(lastUsed, one, 1, '/during the outage');
  record(lastUsed, two, 1, '/during the outage');
  const down = {
    recordUses: () => {
      record(lastUsed, two, 2, '/while it was being tried');
      return Promise.reject(new Error('disk full'));
    },
  };
  await expect(flushLastUsed(lastUsed, down)).rejects.toThrow('disk full');
  await flushLastUsed(lastUsed, app.store.tokens);
  expect(await lastUseOf(one)).toEqual(use(1, '/during the outage'));
  expect(await lastUseOf(two)).toEqual(use(2, '/while it was being tried'));
});

it('does not disturb the store when there is nothing to write', async () => {
  await flushLastUsed(createLastUsed(), { recordUses: () => Promise.reject(new Error('disturbed')) });
});
