import { expect, it, onTestFinished } from 'vitest';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { CreatedSession, ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, type Member, openTestApp, password } from '../../helpers/app/app.ts';

const hour = 60 * 60 * 1000;
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  /** Signs a member in again, from another address and program. */
  const signInElsewhere = async (member: Member, userAgent = 'tokens/1.2.3 linux-x64 node/22.1.0') => {
    const json = { email: member.email, password };
    const headers = { 'User-Agent': userAgent };
    const session = await jsonOf<CreatedSession>(app.ask('/api/v1/sessions', { json, headers, ip: '198.51.100.7' }));
    return { ...member, session: session.secret, sessionId: session.id };
  };
  const listOf = async (path: string, as: Member) =>
    (await jsonOf<{ items: ListedSession[] }>(app.ask(`/api/v1${path}`, { as }))).items;
  const end = async (path: string, as: Member) => (await app.ask(`/api/v1${path}`, { as, method: 'DELETE' })).status;
  const isActive = async (member: Member) => (await app.ask('/api/v1/me', { as: member })).status === 200;
  const endEvents = async (): Promise<AuditEvent[]> =>
    (await jsonOf<{ items: AuditEvent[] }>(app.ask('/api/v1/audit?action=session.ended', { as: app.root }))).items;
  return { ...app, signInElsewhere, listOf, end, isActive, endEvents };
}

it('lists where and with what each session of the member began, the last used one first', async () => {
  const app = await open();
  app.clock.advance(hour);
  const elsewhere = await app.signInElsewhere(app.dev);
  await app.signInElsewhere(app.root);
  app.clock.advance(2 * 60_000);
  expect(await app.listOf('/sessions', app.dev)).toEqual([
    expect.objectContaining({ id: expect.any(String), kind: 'console', current: true }),
    {
      id: elsewhere.sessionId,
      kind: 'program',
      ip: '198.51.100.7',
      agent: 'tokens 1.2.3',
      user_agent: 'tokens/1.2.3 linux-x64 node/22.1.0',
      sso: false,
      created_at: '2026-11-23T17:20:00.000Z',
      last_used_at: '2026-11-23T17:20:00.000Z',
      expires_at: '2027-05-22T17:20:00.000Z',
      idle_expires_at: '2026-12-23T17:20:00.000Z',
      current: false,
    },
  ]);
});

it('names a browser and its system in words', async () => {
  const app = await open();
  await app.signInElsewhere(app.dev, firefox);
  expect(await app.listOf('/sessions', app.dev)).toContainEqual(
    expect.objectContaining({ agent: 'Firefox on Linux', user_agent: firefox }),
  );
});

it('lists no session that has ended, by the clock or otherwise', async () => {
  const app = await open();
  const kept = await app.signInElsewhere(app.dev);
  const ended = await app.signInElsewhere(app.dev);
  await app.end(`/sessions/${ended.sessionId}`, kept);
  app.clock.advance(12 * hour);
  expect((await app.listOf('/sessions', kept)).map(({ id }) => id)).toEqual([kept.sessionId]);
});

it('ends one session of the member, which is rejected on the next request', async () => {
  const app = await open();
  const [one, other] = [await app.signInElsewhere(app.dev), await app.signInElsewhere(app.dev)];
  expect(await app.end(`/sessions/${one.sessionId}`, app.dev)).toBe(204);
  expect([await app.isActive(one), await app.isActive(other), await app.isActive(app.dev)]).toEqual([
    false,
    true,
    true,
  ]);
  expect(await app.end(`/sessions/${one.sessionId}`, app.dev)).toBe(404);
  expect(await app.endEvents()).toEqual([
    expect.objectContaining({
      actor: { kind: 'user', id: app.dev.id, email: app.dev.email },
      target: { kind: 'session', id: one.sessionId, name: null, owner: null },
    }),
  ]);
});

it('ends all other sessions of the member and keeps the current one', async () => {
  const app = await open();
  const [one, other] = [await app.signInElsewhere(app.dev), await app.signInElsewhere(app.dev)];
  const stranger = await app.signInElsewhere(app.root);
  expect(await app.end('/sessions/others', one)).toBe(204);
  expect(await Promise.all([one, other, app.dev, stranger].map(app.isActive))).toEqual([true, false, false, true]);
  expect((await app.endEvents()).map(({ actor }) => actor.email)).toEqual([app.dev.email, app.dev.email]);
});

it('lets superusers end one session of a member, and names the member in the audit log', async () => {
  const app = await open();
  const [one, other] = [await app.signInElsewhere(app.dev), await app.signInElsewhere(app.dev)];
  expect(await app.listOf(`/users/${app.dev.id}/sessions`, app.root)).toContainEqual(
    expect.objectContaining({ id: one.sessionId, ip: '198.51.100.7', current: false }),
  );
  expect(await app.end(`/users/${app.dev.id}/sessions/${one.sessionId}`, app.root)).toBe(204);
  expect(await Promise.all([one, other, app.dev].map(app.isActive))).toEqual([false, true, true]);
  expect(await app.endEvents()).toEqual([
    expect.objectContaining({
      actor: { kind: 'user', id: app.root.id, email: app.root.email },
      target: { kind: 'session', id: one.sessionId, name: app.dev.email, owner: null },
    }),
  ]);
});

it('lets superusers end all sessions of a member, with an event for each', async () => {
  const app = await open();
  const one = await app.signInElsewhere(app.dev);
  expect(await app.end(`/users/${app.dev.id}/sessions`, app.root)).toBe(204);
  expect(await Promise.all([one, app.dev, app.root].map(app.isActive))).toEqual([false, false, true]);
  expect(await app.endEvents()).toHaveLength(2);
  expect(await app.listOf(`/users/${app.dev.id}/sessions`, app.root)).toEqual([]);
});

it('signs superusers out who end all their own sessions', async () => {
  const app = await open();
  const other = await app.signInElsewhere(app.root);
  expect(await app.end(`/users/${app.root.id}/sessions`, app.root)).toBe(204);
  expect(await Promise.all([other, app.root].map(app.isActive))).toEqual([false, false]);
});

it('lets an auditor read the sessions of a member and end none', async () => {
  const app = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const one = await app.signInElsewhere(app.dev);
  const path = `/users/${app.dev.id}/sessions`;
  expect(await app.listOf(path, auditor)).toHaveLength(2);
  expect([await app.end(path, auditor), await app.end(`${path}/${one.sessionId}`, auditor)]).toEqual([403, 403]);
  expect(await app.isActive(one)).toBe(true);
});

it('returns 404 for a session of another member than the path names', async () => {
  const app = await open();
  const member = await app.addMember({ email: 'other@example.com' });
  const one = await app.signInElsewhere(app.dev);
  expect(await app.end(`/users/${member.id}/sessions/${one.sessionId}`, app.root)).toBe(404);
  expect(await app.end(`/users/${one.sessionId}/sessions`, app.root)).toBe(404);
  expect((await app.ask(`/api/v1/users/${one.sessionId}/sessions`, { as: app.root })).status).toBe(404);
  expect(await app.isActive(one)).toBe(true);
});

it('puts the pseudonym of a deleted member in place of the address in events of sessions', async () => {
  const app = await open();
  await app.end(`/users/${app.dev.id}/sessions`, app.root);
  expect((await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  const events = await app.endEvents();
  expect(events.map(({ target }) => target.name)).toEqual([expect.stringMatching(/^deleted-/)]);
  expect(JSON.stringify(events)).not.toContain(app.dev.email);
});

it('contains neither a secret nor its hash', async () => {
  const app = await open();
  const elsewhere = await app.signInElsewhere(app.dev);
  const stored = await app.store.sessions.listOf(app.dev.id, app.services.sessionLifetimes.bounds(), 100);
  const bodies = [await app.listOf('/sessions', app.dev), await app.listOf(`/users/${app.dev.id}/sessions`, app.root)];
  for (const secret of [elsewhere.session, app.dev.session, ...stored.map(({ hash }) => hash)])
    expect(JSON.stringify(bodies)).not.toContain(secret);
});
