import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLastUsed, type LastUsed } from '../../server/domain/tokens/last-used.ts';
import { createClientIp } from '../../server/http/client-ip.ts';
import { createNormalizeRequest } from '../../server/http/verify/observed-request.ts';
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
type Used = { id: string; prefix: string };
const record = (lastUsed: LastUsed, { id, prefix }: Used, at: number, target: string) =>
  lastUsed.record({ id, prefix, validUntil: null }, at, {
    method: 'GET',
    target,
    peer: '203.0.113.9',
    forwardedFor: null,
    userAgent: 'curl',
    appId: null,
    wouldDeny: null,
  });
const newLastUsed = () => createLastUsed({ normalize: createNormalizeRequest(createClientIp([])) });
const newToken = (name: string) => createToken(app, app.dev, { name });
const lastUseOf = async ({ id }: Used) => (await app.store.tokens.findById(id))?.lastUse;

it('writes the newest use of every token within a second', async () => {
  const [one, two, three] = [await newToken('one'), await newToken('two'), await newToken('three')];
  const lastUsed = newLastUsed();
  const jobs = startJobs([createFlushLastUsed(lastUsed, app.store.tokens, app.clock)], app.log);
  record(lastUsed, one, 2, '/newer');
  record(lastUsed, one, 1, '/older');
  record(lastUsed, two, 3, '/other');
  await expect.poll(() => lastUseOf(two), { timeout: 1500 }).toEqual(use(3, '/other'));
  await jobs.stop();
  expect(await lastUseOf(one)).toEqual(use(2, '/newer'));
  expect(await lastUseOf(three)).toBeNull();
});

it('keeps uses while the store cannot write, and never replaces a newer use with an older one', async () => {
  const [one, two] = [await newToken('one'), await newToken('two')];
  const lastUsed = newLastUsed();
  record(lastUsed, one, 1, '/during the outage');
  record(lastUsed, two, 1, '/during the outage');
  const down = {
    recordUses: () => {
      record(lastUsed, two, 2, '/during the failing flush');
      return Promise.reject(new Error('disk full'));
    },
  };
  await expect(flushLastUsed(lastUsed, down)).rejects.toThrow('disk full');
  await flushLastUsed(lastUsed, app.store.tokens);
  expect(await lastUseOf(one)).toEqual(use(1, '/during the outage'));
  expect(await lastUseOf(two)).toEqual(use(2, '/during the failing flush'));
});

it('does not call the store when there is nothing to write', async () => {
  await flushLastUsed(newLastUsed(), { recordUses: () => Promise.reject(new Error('called')) });
});

it('yields to verifications while it normalizes many uses, and writes all of them', async () => {
  const perTurn: number[] = [];
  let turn = 0;
  const lastUsed = createLastUsed({
    normalize: () => {
      perTurn[turn] = (perTurn[turn] ?? 0) + 1;
      return { method: 'GET', path: '/', ip: null, userAgent: null };
    },
  });
  for (let number = 0; number < 950; number += 1) record(lastUsed, { id: `token ${number}`, prefix: 'tok' }, 1, '/');
  const written: string[] = [];
  const recordUses = async (uses: ReadonlyArray<{ tokenId: string }>) => {
    written.push(...uses.map(({ tokenId }) => tokenId));
  };
  const flushed = flushLastUsed(lastUsed, { recordUses });
  while (written.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    turn += 1;
  }
  await flushed;
  // The flush and this test take turns, in either order.
  expect(Math.max(...perTurn.map((count) => count ?? 0))).toBeLessThanOrEqual(200);
  expect(new Set(written).size).toBe(950);
});
