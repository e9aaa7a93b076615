import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPurge } from '../../server/jobs/purge.ts';
import { limits } from '../../shared/limits.ts';
import { createToken, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const purge = (signal = new AbortController().signal, running: TestApp = app) =>
  createPurge({ ...running, ...running.services }).run(signal);
const day = 24 * 60 * 60 * 1000;

it('deletes tombstones after 90 days', async () => {
  const { id, token } = await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: app.dev });
  app.clock.advance(limits.tombstoneRetentionMs);
  await purge();
  expect(await verdict(app, token)).toBe('revoked');
  app.clock.advance(1);
  await purge();
  expect(await verdict(app, token)).toBe('unknown');
});

it('keeps active tokens of any age', async () => {
  const { token } = await createToken(app, app.dev, { name: 'ci' });
  app.clock.advance(10 * 365 * 24 * 60 * 60 * 1000);
  await purge();
  expect(await verdict(app, token)).toBe(200);
});

it('deletes the sessions that have ended by the present settings, to the millisecond, and no others', async () => {
  await app.store.sessions.deleteAllOf(app.dev.id);
  const left = async (running: TestApp = app) => {
    await purge(undefined, running);
    return (await app.store.sessions.deleteAllOf(app.dev.id)).length;
  };
  for (const [kind, idle] of [
    ['console', day / 2],
    ['program', 30 * day],
  ] as const) {
    await app.signIn(app.dev.id, kind);
    app.clock.advance(idle - 1);
    await app.signIn(app.dev.id, kind);
    await purge();
    app.clock.advance(1);
    expect(await left()).toBe(1);
    await app.signIn(app.dev.id, kind);
    app.clock.advance(idle - 1);
    expect(await left()).toBe(1);
  }
  await app.signIn(app.dev.id, 'program');
  app.clock.advance(1000);
  await app.signIn(app.dev.id, 'program');
  const { console } = app.config.sessionLimits;
  app.clock.advance(day - 1000);
  const shorter = app.restart({ sessionLimits: { console, program: { idle: 86_400, max: 86_400 } } });
  expect(await left(shorter)).toBe(1);
});

it('deletes mails a week after they were sent, and keeps those still to be sent', async () => {
  await createToken(app, app.dev, { name: 'sent' });
  await createToken(app, app.dev, { name: 'waiting' });
  const [sent] = await app.store.outbox.claim({ now: app.clock.now(), leaseMs: 0, leaseId: 'lease', limit: 1 });
  await app.store.outbox.markSent(sent?.id ?? '', 'lease', app.clock.now());
  const old = app.clock.now() + limits.sentMailRetentionMs;
  app.clock.advance(limits.sentMailRetentionMs);
  await purge();
  expect(await app.store.outbox.purgeSent(old + 1, 10)).toBe(1);
  app.clock.advance(limits.sentMailRetentionMs);
  await purge();
  expect((await app.mails()).map(({ subject }) => subject)).toEqual([expect.stringContaining('waiting')]);
});

it('deletes idempotency keys after a day', async () => {
  const create = () =>
    app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci' }, headers: { 'Idempotency-Key': 'once' } });
  expect((await create()).status).toBe(201);
  app.clock.advance(limits.idempotencyWindowMs);
  await purge();
  expect(await app.store.idempotency.purge(app.clock.now() + 1, 10)).toBe(1);
  expect((await create()).status).not.toBe(200);
});

it('deletes more rows than fit in one batch', async () => {
  for (let batch = 0; batch < 1001; batch += 1) await app.signIn(app.dev.id);
  app.clock.advance(30 * day);
  await purge();
  expect(await app.store.sessions.deleteAllOf(app.dev.id)).toEqual([]);
});

it('stops early when the daemon stops', async () => {
  await app.signIn(app.dev.id);
  app.clock.advance(30 * day);
  await purge(AbortSignal.abort());
  expect(await app.store.sessions.deleteAllOf(app.dev.id)).not.toEqual([]);
});
