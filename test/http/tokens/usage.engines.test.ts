import { beforeAll, describe, expect, it } from 'vitest';
import type { ObservedRequest } from '../../../server/domain/tokens/last-used.ts';
import { createRecordUsage } from '../../../server/domain/tokens/usage/record-usage.ts';
import { createUseCounter } from '../../../server/domain/tokens/usage/use-counter.ts';
import { createReadUse } from '../../../server/http/verify/read-use.ts';
import { createFlushUsage } from '../../../server/jobs/flush-usage.ts';
import { createPurge } from '../../../server/jobs/purge.ts';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { failingStore } from '../../helpers/faults/failing-store.ts';
import { addToken } from '../../store/contract/records.ts';

const day = 24 * 60 * 60 * 1000;
const engines = useEngines();

const request = (changes: Partial<ObservedRequest> = {}): ObservedRequest => ({
  method: 'GET',
  target: '/builds/42',
  peer: '203.0.113.9',
  forwardedFor: null,
  userAgent: 'curl/8.5.0',
  appId: null,
  wouldDeny: null,
  ...changes,
});

const usageOf = (app: TestApp, id: string, as: Member = app.dev, query = '') =>
  app.ask(`/api/v1/tokens/${id}/usage${query}`, { as });
const totalsOf = async (app: TestApp, id: string) => {
  const { days, denied } = await jsonOf<Usage>(usageOf(app, id));
  return { allowed: days.reduce((sum, { allowed }) => sum + allowed, 0), denied };
};

describe.each(['SQLite', 'PostgreSQL'] as const)('usage on %s', (engine) => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  let other: TestApp;
  beforeAll(async () => {
    app = await openTestApp({}, engines[engine]());
    other = app.restart({});
    return app.close;
  });
  const newToken = async (name: string) => (await createToken(app, app.dev, { name })).id;
  const record = (on: TestApp, id: string, times: number, changes: Partial<ObservedRequest> = {}) => {
    for (let use = 0; use < times; use += 1) on.services.useCounter.allowed(id, on.clock.now(), request(changes));
  };

  it('shows each day of the window, the reasons of denials, and what used the token', async () => {
    const id = await newToken('shown');
    const now = app.clock.now();
    record(app, id, 2);
    record(app, id, 1, { wouldDeny: 'network' });
    record(app, id, 2, {
      wouldDeny: 'method',
      method: 'POST',
      target: '/builds',
      userAgent: 'git/2.43',
      peer: '2001:db8::1',
    });
    app.services.useCounter.denied(id, now, 'paused');
    app.services.useCounter.allowed(id, now - day, request());
    await app.services.recordUsage.flush();
    const response = await usageOf(app, id, app.dev, '?days=3');
    expect(response.status).toBe(200);
    const at = new Date(now).toISOString();
    const before = new Date(now - day).toISOString();
    expect(await jsonOf(response)).toEqual({
      days: [
        { date: '2026-11-21', allowed: 0, denied: 0 },
        { date: '2026-11-22', allowed: 1, denied: 0 },
        { date: '2026-11-23', allowed: 5, denied: 1 },
      ],
      denied: { paused: 1 },
      would_deny: { method: 2, network: 1 },
      denied_requests: [],
      routes: [
        { method: 'GET', path: '/builds/*', count: 4, first_at: before, last_at: at },
        { method: 'POST', path: '/builds', count: 2, first_at: at, last_at: at },
      ],
      networks: [
        { network: '203.0.113.0/24', count: 4, first_at: before, last_at: at },
        { network: '2001:db8::/48', count: 2, first_at: at, last_at: at },
      ],
      agents: [
        { agent: 'curl/8.5.0', count: 4, first_at: before, last_at: at },
        { agent: 'git/2.43', count: 2, first_at: at, last_at: at },
      ],
      would_deny_routes: [
        { reason: 'method', method: 'POST', path: '/builds', count: 2, first_at: at, last_at: at },
        { reason: 'network', method: 'GET', path: '/builds/*', count: 1, first_at: at, last_at: at },
      ],
    });
    expect((await jsonOf<Usage>(usageOf(app, id))).days).toHaveLength(30);
    expect((await jsonOf<Usage>(usageOf(app, id, app.dev, '?days=400'))).days).toHaveLength(400);
  });

  it('is shown to the owner and to superusers only, for windows of 1 to 400 days', async () => {
    const id = await newToken('private');
    const stranger = await app.addMember({ email: `stranger-${engine}@example.com` });
    expect((await usageOf(app, id, app.root)).status).toBe(200);
    expect((await usageOf(app, id, stranger)).status).toBe(404);
    expect((await usageOf(app, 'none', app.dev)).status).toBe(404);
    for (const days of ['0', '401', '-1', '1.5', 'x', '']) {
      expect([days, (await usageOf(app, id, app.dev, `?days=${days}`)).status]).toEqual([days, 400]);
    }
  });

  it('adds the counts of two daemons, and those before and after a restart', async () => {
    const id = await newToken('shared');
    for (let round = 0; round < 5; round += 1) {
      record(app, id, 7);
      record(other, id, 11);
      await Promise.all([app.services.recordUsage.flush(), other.services.recordUsage.flush()]);
    }
    expect(await totalsOf(app, id)).toEqual({ allowed: 90, denied: {} });
    const restarted = app.restart({});
    record(restarted, id, 10);
    await restarted.services.recordUsage.flush();
    expect(await totalsOf(other, id)).toEqual({ allowed: 100, denied: {} });
  });

  it('loses and repeats nothing if a batch fails, or if its commit is confirmed only to the database', async () => {
    // More than one batch.
    const ids = await app.store.transaction(async (store) => {
      const added = [];
      for (let number = 0; number < 300; number += 1) added.push((await addToken(store, app.root.id)).id);
      return added;
    });
    const counter = createUseCounter(createReadUse(app.clientIp));
    const failures: Array<'before' | 'after' | null> = [
      'before',
      null,
      'after',
      'after',
      'before',
      null,
      'after',
      null,
    ];
    const store = failingStore(app.store, failures);
    const { clock, services } = app;
    const writerId = `flaky ${engine}`;
    const usage = createRecordUsage({ store, clock, writerId, counter, networks: services.networks });
    const flush = () =>
      usage.flush().then(
        () => true,
        () => false,
      );
    const [first = '', last = ''] = [ids[0], ids.at(-1)];
    let failed = 0;
    for (let round = 0; round < 3; round += 1) {
      for (const id of ids) counter.allowed(id, clock.now(), request());
      while (failed < 50 && !(await flush())) {
        failed += 1;
        counter.allowed(first, clock.now(), request());
      }
    }
    expect([failures, failed]).toEqual([[], 5]);
    expect(await usesOf(app, first)).toBe(3 + failed);
    expect(await usesOf(app, last)).toBe(3);
  });

  it('is forgotten when the token is revoked, and when its owner is deleted', async () => {
    const id = await newToken('revoked');
    record(app, id, 1);
    await app.services.recordUsage.flush();
    await app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: app.dev });
    expect((await usageOf(app, id)).status).toBe(404);
    record(app, id, 1);
    await app.services.recordUsage.flush();
    expect(await app.store.usage.of(id, 0)).toEqual({ days: [], seen: [] });

    const leaver = await app.addMember({ email: `leaver-${engine}@example.com`, can_manage_tokens: true });
    const theirs = (await createToken(app, leaver, { name: 'theirs' })).id;
    record(app, theirs, 1);
    await app.services.recordUsage.flush();
    expect((await app.ask(`/api/v1/users/${leaver.id}`, { method: 'DELETE', as: app.root })).status).toBe(204);
    expect(await app.store.usage.of(theirs, 0)).toEqual({ days: [], seen: [] });
  });
});

/** Returns how often a token was used, as stored. */
async function usesOf(app: TestApp, id: string): Promise<number> {
  const { days } = await app.store.usage.of(id, 0);
  return days.reduce((sum, { uses }) => sum + uses, 0);
}

describe('usage', () => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  beforeAll(async () => {
    app = await openTestApp();
    return app.close;
  });

  it('is written every minute', async () => {
    const { id } = await createToken(app, app.dev, { name: 'minute' });
    const job = createFlushUsage(app.services.recordUsage, app.services.useCounter, app.services.dayTotals);
    expect(job.everyMs).toBe(1000);
    app.services.useCounter.allowed(id, app.clock.now(), request());
    for (let second = 0; second < 59; second += 1) await job.run(new AbortController().signal);
    expect(app.services.useCounter.pending()).toBe(1);
    await job.run(new AbortController().signal);
    expect(app.services.useCounter.pending()).toBe(0);
    expect(await totalsOf(app, id)).toEqual({ allowed: 1, denied: {} });
  });

  it('by hour is kept for as long as the setting says', async () => {
    const { id } = await createToken(app, app.dev, { name: 'kept' });
    const short = app.restart({ keepUsage: 2 * 24 * 60 * 60 });
    const purge = (running: TestApp) =>
      createPurge({ ...running, ...running.services }).run(new AbortController().signal);
    app.services.useCounter.allowed(id, app.clock.now(), request());
    await app.services.recordUsage.flush();
    app.clock.advance(2 * day);
    await purge(short);
    expect(await usesOf(app, id)).toBe(1);
    app.clock.advance(60 * 60 * 1000);
    await purge(app);
    expect(await usesOf(app, id)).toBe(1);
    await purge(short);
    expect(await usesOf(app, id)).toBe(0);
    expect((await app.store.usage.of(id, 0)).seen).toHaveLength(3);
  });
});
