import { expect, it, onTestFinished } from 'vitest';
import { createAuditOrder } from '../../server/jobs/audit-order.ts';
import { createAuditRetention } from '../../server/jobs/audit-retention.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../helpers/app/app.ts';

const day = 24 * 60 * 60 * 1000;

async function open(settings: Parameters<typeof openTestApp>[0] = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

async function run(app: TestApp, signal = new AbortController().signal) {
  await createAuditOrder(app.store).run(signal);
  await createAuditRetention(app).run(signal);
}

/** Returns the member with a new session, because the clock advances by days. */
async function signedIn<M extends { id: string; session: string }>(app: TestApp, member: M): Promise<M> {
  return { ...member, session: await app.signIn(member.id) };
}

async function eventsAfter(app: TestApp, after: string): Promise<AuditEvent[]> {
  const as = await signedIn(app, app.root);
  return (await jsonOf<{ items: AuditEvent[] }>(app.ask(`/api/v1/audit?after=${after}`, { as }))).items;
}

/** Creates a token a day, and returns the events. */
async function threeDays(app: TestApp, ips: string[] = []) {
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    if (index > 0) app.clock.advance(day);
    const as = await signedIn(app, app.dev);
    await app.ask('/api/v1/tokens', { as, json: { name }, ...(ips[index] && { ip: ips[index] }) });
  }
  return eventsAfter(app, '');
}

it('keeps events and addresses forever without a setting', async () => {
  const app = await open();
  const events = await threeDays(app);
  app.clock.advance(10_000 * day);
  await run(app);
  expect(await eventsAfter(app, '')).toEqual(events);
});

it('deletes events that are older than TOKENSD_KEEP_AUDIT, to the millisecond', async () => {
  const app = await open({ keepAudit: 86_400 });
  const [, second, third] = await threeDays(app);
  await run(app);
  expect(await eventsAfter(app, '')).toEqual([second, third]);
  app.clock.advance(1);
  await run(app);
  expect(await eventsAfter(app, '')).toEqual([third]);
});

it('lets a reader continue after the event that it received last, although that was deleted', async () => {
  const app = await open({ keepAudit: 86_400 });
  const [first, second, third] = await threeDays(app);
  app.clock.advance(1);
  await run(app);
  expect(await eventsAfter(app, first?.id ?? '')).toEqual([third]);
  expect(await eventsAfter(app, second?.id ?? '')).toEqual([third]);
  expect(await eventsAfter(app, third?.id ?? '')).toEqual([]);
});

it('cuts addresses after TOKENSD_AUDIT_IP_AFTER to a /24 or a /48, once', async () => {
  const app = await open({ auditIpAfter: 86_400 });
  await threeDays(app, ['203.0.113.200', '2001:db8:1:2::7', '198.51.100.4']);
  const ips = async () => (await eventsAfter(app, '')).map(({ ip }) => ip);
  await run(app);
  expect(await ips()).toEqual(['203.0.113.0/24', '2001:db8:1:2::7', '198.51.100.4']);
  app.clock.advance(1);
  await run(app);
  await run(app);
  expect(await ips()).toEqual(['203.0.113.0/24', '2001:db8:1::/48', '198.51.100.4']);
});

it('cuts an IPv4-mapped address to a /24', async () => {
  const app = await open({ auditIpAfter: 1 });
  const actor = { kind: 'system', id: null, email: null } as const;
  const what = { action: 'sso.issuer_moved', target: { kind: 'issuer', id: null, name: null } } as const;
  const where = { ownerId: null, ip: '::ffff:203.0.113.200', userAgent: null };
  const id = '01890000-0000-7000-8000-000000000000';
  await app.store.audit.insert({ id, at: 0, actor, ...what, ...where });
  await run(app);
  expect((await eventsAfter(app, '')).map(({ ip }) => ip)).toEqual(['203.0.113.0/24']);
});

it('stops between two batches when the daemon stops', async () => {
  const app = await open({ keepAudit: 1, auditIpAfter: 1 });
  await createToken(app, app.dev, { name: 'ci' });
  app.clock.advance(day);
  const stopped = new AbortController();
  stopped.abort();
  await run(app, stopped.signal);
  expect((await eventsAfter(app, '')).map(({ ip }) => ip)).toEqual(['203.0.113.9']);
});
