import { expect, it, onTestFinished, vi } from 'vitest';
import { createSessions } from '../../server/domain/sign-in/sessions.ts';
import type { Store } from '../../server/store/store.ts';
import type { ProblemDetails } from '../../shared/problem.ts';
import type { CreatedSession, Session } from '../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, type Member, openTestApp, password } from '../helpers/app/app.ts';

const hour = 60 * 60 * 1000;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const signIn = (email: string, entered = password, ip?: string) =>
    app.ask('/api/v1/sessions', { json: { email, password: entered }, ...(ip && { ip }) });
  const isActive = async (session: string) =>
    (await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } })).status === 200;
  return { ...app, signIn, isActive };
}

it('returns an active session, its absolute end and the member', async () => {
  const app = await open();
  const response = await app.signIn(' DEV@example.com ');
  expect(response.status).toBe(201);
  expect(response.headers.get('location')).toBe('/api/v1/sessions/current');
  const session = await jsonOf<CreatedSession>(response);
  expect(session).toEqual({
    id: expect.any(String),
    secret: expect.stringMatching(/^session_[0-9A-Za-z_-]{43}$/),
    expires_at: '2027-05-22T16:20:00.000Z',
    user: expect.objectContaining({ id: app.dev.id, email: 'dev@example.com', can_manage_tokens: true }),
  });
  expect(JSON.stringify(session.user)).not.toMatch(/hash|argon/i);
  expect(await app.isActive(session.secret)).toBe(true);
});

it('returns the same response for an unknown, wrong, disabled or passwordless account', async () => {
  const app = await open();
  const disabled = await app.addMember({ email: 'gone@example.com' });
  await app.store.users.setDisabled(disabled.id, true);
  await app.services.users.createBy(
    { kind: 'system', id: null, email: null },
    { ip: null, userAgent: null },
    { email: 'sso@example.com' },
  );
  const attempts = [
    ['nobody@example.com', password],
    ['dev@example.com', 'wrong'],
    ['gone@example.com', password],
    ['sso@example.com', password],
    ['sso@example.com', ''],
    ['', ''],
    ['no email\0', 'x'],
    ['x'.repeat(10_000), 'x'.repeat(10_000)],
  ] as const;
  const responses = new Set<string>();
  for (const [email, entered] of attempts) {
    const response = await app.signIn(email, entered, '198.51.100.7');
    const { request_id, ...problem } = await jsonOf<ProblemDetails>(response);
    responses.add(JSON.stringify([response.status, problem, response.headers.get('www-authenticate')]));
  }
  expect([...responses]).toHaveLength(1);
  expect([...responses][0]).toContain('wrong-credentials');
});

it.each([
  ['is disabled', (store: Store, id: string) => store.users.setDisabled(id, true)],
  ['changes the password', (store: Store, id: string) => store.users.setPasswordHash(id, 'another hash')],
])('creates no session for a member who %s during password verification', async (_what, change) => {
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

it('audits a failed sign-in with the entered email address and the client info', async () => {
  const app = await open();
  await app.signIn('nobody@example.com', 'wrong', '198.51.100.7');
  const { items } = await jsonOf<{ items: object[] }>(app.ask('/api/v1/audit?action=session.failed', { as: app.root }));
  expect(items).toEqual([
    expect.objectContaining({
      actor: { kind: 'anonymous', id: null, email: 'nobody@example.com' },
      target: { kind: 'user', id: null, name: null, owner: null },
      ip: '198.51.100.7',
    }),
  ]);
});

it('limits password guesses with 429 and Retry-After, even for the correct password', async () => {
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

it('challenges a request whose session has ended', async () => {
  const app = await open();
  app.clock.advance(12 * hour);
  const response = await app.ask('/api/v1/me', { as: app.dev });
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tokensd", error="invalid_token"');
});

it('returns the absolute and the idle end of the current session', async () => {
  const app = await open();
  app.clock.advance(hour);
  expect(await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as: app.dev }))).toEqual({
    id: expect.any(String),
    created_at: '2026-11-23T16:20:00.000Z',
    expires_at: '2026-12-23T16:20:00.000Z',
    idle_expires_at: '2026-11-24T05:20:00.000Z',
    confirmed_until: '2026-11-23T17:20:00.000Z',
    confirm_with: ['password'],
    server_version: null,
  });
});

it('tells the version of the server to superusers and auditors only', async () => {
  const app = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const versionFor = async (as: Member) =>
    (await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as }))).server_version;
  expect([await versionFor(app.root), await versionFor(auditor), await versionFor(app.dev)]).toEqual([
    '0.0.0',
    '0.0.0',
    null,
  ]);
});

it('rejects a session of a disabled member even if its row still exists', async () => {
  const app = await open();
  await app.store.users.setDisabled(app.dev.id, true);
  expect(await app.isActive(app.dev.session)).toBe(false);
});

it('ends only the current session on sign-out', async () => {
  const app = await open();
  const other = await app.signIn('dev@example.com').then((response) => jsonOf<CreatedSession>(response));
  const response = await app.ask('/api/v1/sessions/current', { as: app.dev, method: 'DELETE' });
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
  expect(await app.isActive(app.dev.session)).toBe(false);
  expect(await app.isActive(other.secret)).toBe(true);
});

it('reads the Bearer scheme in any case', async () => {
  const app = await open();
  for (const scheme of ['bearer', 'BEARER', 'Bearer']) {
    const headers = { Authorization: `${scheme} ${app.dev.session}` };
    expect((await app.ask('/api/v1/me', { headers })).status).toBe(200);
  }
});

function changePassword(app: Awaited<ReturnType<typeof open>>, as: Member, current: string, next: string) {
  return app.ask('/api/v1/me/password', { as, method: 'PUT', json: { current, new: next } });
}

it('ends the other sessions after a password change and accepts only the new password', async () => {
  const app = await open();
  const other = await app.signIn('dev@example.com').then((response) => jsonOf<CreatedSession>(response));
  expect((await changePassword(app, app.dev, password, 'another staple battery horse')).status).toBe(204);
  expect(await app.isActive(app.dev.session)).toBe(true);
  expect(await app.isActive(other.secret)).toBe(false);
  expect((await app.signIn('dev@example.com')).status).toBe(401);
  expect((await app.signIn('dev@example.com', 'another staple battery horse')).status).toBe(201);
});

it('returns 403 for a wrong current password and changes nothing', async () => {
  const app = await open();
  const response = await changePassword(app, app.dev, 'wrong', 'another staple battery horse');
  expect(response.status).toBe(403);
  expect(await jsonOf(response)).toMatchObject({ code: 'wrong-password', errors: [{ pointer: '/current' }] });
  expect((await app.signIn('dev@example.com')).status).toBe(201);
});

it.each([
  ['short', 'eleven char'],
  ['common', 'passwordpassword'],
  ['the email address', 'dev@example.com'],
  ['1,025 characters', 'xyzzy'.repeat(205)],
])('rejects a new password that is %s, at /new', async (_what, next) => {
  const app = await open();
  expect(await jsonOf(changePassword(app, app.dev, password, next))).toMatchObject({
    status: 400,
    errors: [{ pointer: '/new' }],
  });
});

it('limits guesses of the current password through a stolen session', async () => {
  const app = await open();
  const statuses = new Set<number>();
  for (let i = 0; i < 10; i += 1) {
    statuses.add((await changePassword(app, app.dev, `guess ${i}`, 'another staple battery horse')).status);
  }
  expect(statuses).toEqual(new Set([403, 429]));
});

it('keeps passwords and session secrets out of the log', async () => {
  const app = await open();
  const { secret } = await jsonOf<CreatedSession>(app.signIn('dev@example.com'));
  await app.ask(`/api/v1/me?session=${secret}`, { headers: { Authorization: `Bearer ${secret}` } });
  await app.ask(`/api/v1/${secret}`, { as: app.dev });
  await vi.waitFor(() => expect(app.logLines.length).toBeGreaterThan(2));
  const log = app.logLines.join('');
  for (const hidden of [secret, password, app.dev.session]) expect(log).not.toContain(hidden);
});
