import { expect, onTestFinished, test, vi } from 'vitest';
import { createSessions } from '../../server/domain/sign-in/sessions.ts';
import type { Store } from '../../server/store/store.ts';
import type { ProblemDetails } from '../../shared/problem.ts';
import type { CreatedSession, Session } from '../../shared/schemas/sessions.ts';
import { jsonOf, type Member, openTestApp, password } from '../helpers/app/app.ts';

const hour = 60 * 60 * 1000;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const signIn = (email: string, tried = password, ip?: string) =>
    app.ask('/api/v1/sessions', { json: { email, password: tried }, ...(ip && { ip }) });
  const works = async (session: string) =>
    (await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } })).status === 200;
  return { ...app, signIn, works };
}

test('signing in answers a session that works, its absolute end, and the member', async () => {
  const app = await open();
  const response = await app.signIn(' DEV@example.com ');
  expect(response.status).toBe(201);
  expect(response.headers.get('location')).toBe('/api/v1/sessions/current');
  const session = await jsonOf<CreatedSession>(response);
  expect(session).toEqual({
    id: expect.any(String),
    secret: expect.stringMatching(/^session_[0-9A-Za-z_-]{43}$/),
    expires_at: '2026-12-23T16:20:00.000Z',
    user: expect.objectContaining({ id: app.dev.id, email: 'dev@example.com', can_manage_tokens: true }),
  });
  expect(JSON.stringify(session.user)).not.toMatch(/hash|argon/i);
  expect(await app.works(session.secret)).toBe(true);
});

test('unknown, wrong, disabled and passwordless members get one and the same answer', async () => {
  const app = await open();
  const disabled = await app.addMember({ email: 'gone@example.com' });
  await app.store.users.setDisabled(disabled.id, true);
  await app.services.users.createBy(
    { kind: 'system', id: null, email: null },
    { ip: null, userAgent: null },
    { email: 'sso@example.com' },
  );
  const tries = [
    ['nobody@example.com', password],
    ['dev@example.com', 'wrong'],
    ['gone@example.com', password],
    ['sso@example.com', password],
    ['sso@example.com', ''],
    ['', ''],
    ['no e-mail\0', 'x'],
    ['x'.repeat(10_000), 'x'.repeat(10_000)],
  ] as const;
  const answers = new Set<string>();
  for (const [email, tried] of tries) {
    const response = await app.signIn(email, tried, '198.51.100.7');
    const { request_id, ...problem } = await jsonOf<ProblemDetails>(response);
    answers.add(JSON.stringify([response.status, problem, response.headers.get('www-authenticate')]));
  }
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('wrong-credentials');
});

test.each([
  ['was disabled', (store: Store, id: string) => store.users.setDisabled(id, true)],
  ['changed the password', (store: Store, id: string) => store.users.setPasswordHash(id, 'another hash')],
])('nobody gets a session who %s while the password was looked at', async (_what, change) => {
  const app = await open();
  const passwords = {
    hash: async () => '',
    verify: async () => Boolean(await change(app.store, app.dev.id)),
  };
  const sessions = createSessions({
    ...app,
    ...app.services,
    passwords,
  });
  const signIn = sessions.signIn(app.dev.email, app.dev.password, { ip: null, userAgent: null });
  await expect(signIn).rejects.toMatchObject({ code: 'wrong-credentials' });
  expect((await app.store.audit.list({ limit: 9, before: null })).map(({ action }) => action)).toEqual([]);
});

test('a failed sign-in is audited with the address that was tried, and its client', async () => {
  const app = await open();
  await app.signIn('nobody@example.com', 'wrong', '198.51.100.7');
  const { items } = await jsonOf<{ items: object[] }>(app.ask('/api/v1/audit?action=session.failed', { as: app.root }));
  expect(items).toEqual([
    expect.objectContaining({
      actor: { kind: 'anonymous', id: null, email: 'nobody@example.com' },
      target: { kind: 'user', id: null, name: null },
      ip: '198.51.100.7',
    }),
  ]);
});

test('guessing is slowed down with 429 and Retry-After, also for the right password', async () => {
  const app = await open();
  const statuses: number[] = [];
  for (let i = 0; i < 8; i += 1) statuses.push((await app.signIn('dev@example.com', `guess ${i}`)).status);
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses).toContain(429);
  const response = await app.signIn('dev@example.com');
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await jsonOf(response)).toMatchObject({ code: 'throttled' });
});

test('a session ends after 12 idle hours, and use keeps it alive', async () => {
  const app = await open();
  for (let i = 0; i < 3; i += 1) {
    app.clock.advance(11 * hour);
    expect(await app.works(app.dev.session)).toBe(true);
  }
  app.clock.advance(12 * hour);
  expect(await app.works(app.dev.session)).toBe(false);
  const response = await app.ask('/api/v1/me', { as: app.dev });
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tokensd", error="invalid_token"');
});

test('a session ends after 30 days however much it is used', async () => {
  const app = await open();
  for (let i = 0; i < 60; i += 1) {
    expect(await app.works(app.dev.session)).toBe(true);
    app.clock.advance(12 * hour - 1);
  }
  app.clock.advance(60);
  expect(await app.works(app.dev.session)).toBe(false);
});

test('the session that asks is told its ends, which move with its use', async () => {
  const app = await open();
  app.clock.advance(hour);
  expect(await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as: app.dev }))).toEqual({
    id: expect.any(String),
    created_at: '2026-11-23T16:20:00.000Z',
    expires_at: '2026-12-23T16:20:00.000Z',
    idle_expires_at: '2026-11-24T05:20:00.000Z',
  });
});

test('a session does not work while its member is disabled, even if it was left in the database', async () => {
  const app = await open();
  await app.store.users.setDisabled(app.dev.id, true);
  expect(await app.works(app.dev.session)).toBe(false);
});

test('signing out ends that session only', async () => {
  const app = await open();
  const other = await app.signIn('dev@example.com').then((response) => jsonOf<CreatedSession>(response));
  const response = await app.ask('/api/v1/sessions/current', { as: app.dev, method: 'DELETE' });
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
  expect(await app.works(app.dev.session)).toBe(false);
  expect(await app.works(other.secret)).toBe(true);
});

test('the scheme is read in any case, and a session works in no other way', async () => {
  const app = await open();
  for (const scheme of ['bearer', 'BEARER', 'Bearer']) {
    const headers = { Authorization: `${scheme} ${app.dev.session}` };
    expect((await app.ask('/api/v1/me', { headers })).status).toBe(200);
  }
});

function changePassword(app: Awaited<ReturnType<typeof open>>, as: Member, current: string, next: string) {
  return app.ask('/api/v1/me/password', { as, method: 'PUT', json: { current, new: next } });
}

test('a changed password ends the other sessions, keeps this one, and is the one that signs in', async () => {
  const app = await open();
  const other = await app.signIn('dev@example.com').then((response) => jsonOf<CreatedSession>(response));
  expect((await changePassword(app, app.dev, password, 'another staple battery horse')).status).toBe(204);
  expect(await app.works(app.dev.session)).toBe(true);
  expect(await app.works(other.secret)).toBe(false);
  expect((await app.signIn('dev@example.com')).status).toBe(401);
  expect((await app.signIn('dev@example.com', 'another staple battery horse')).status).toBe(201);
});

test('a wrong current password answers 403 and changes nothing', async () => {
  const app = await open();
  const response = await changePassword(app, app.dev, 'wrong', 'another staple battery horse');
  expect(response.status).toBe(403);
  expect(await jsonOf(response)).toMatchObject({ code: 'wrong-password', errors: [{ pointer: '/current' }] });
  expect((await app.signIn('dev@example.com')).status).toBe(201);
});

test.each([
  ['short', 'eleven char'],
  ['common', 'passwordpassword'],
  ['the e-mail address', 'dev@example.com'],
  ['1,025 characters', 'xyzzy'.repeat(205)],
])('a new password that is %s is refused at /new', async (_what, next) => {
  const app = await open();
  expect(await jsonOf(changePassword(app, app.dev, password, next))).toMatchObject({
    status: 400,
    errors: [{ pointer: '/new' }],
  });
});

test('the current password cannot be guessed at through a stolen session without end', async () => {
  const app = await open();
  const statuses = new Set<number>();
  for (let i = 0; i < 10; i += 1) {
    statuses.add((await changePassword(app, app.dev, `guess ${i}`, 'another staple battery horse')).status);
  }
  expect(statuses).toEqual(new Set([403, 429]));
});

test('neither passwords nor session secrets reach the log', async () => {
  const app = await open();
  const { secret } = await jsonOf<CreatedSession>(app.signIn('dev@example.com'));
  await app.ask(`/api/v1/me?session=${secret}`, { headers: { Authorization: `Bearer ${secret}` } });
  await app.ask(`/api/v1/${secret}`, { as: app.dev });
  await vi.waitFor(() => expect(app.logLines.length).toBeGreaterThan(2));
  const log = app.logLines.join('');
  for (const hidden of [secret, password, app.dev.session]) expect(log).not.toContain(hidden);
});
