import { expect, it, onTestFinished } from 'vitest';
import type { ProblemDetails } from '../../shared/problem.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import { createToken, jsonOf, type Member, openTestApp, verdict } from '../helpers/app/app.ts';

interface UserPage {
  items: User[];
  next_cursor: string | null;
}

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const update = (member: Member, json: object, as = app.root) =>
    app.ask(`/api/v1/users/${member.id}`, { as, method: 'PATCH', json });
  const actionsOn = async (member: { id: string }) => {
    const events = await jsonOf<{ items: Array<{ action: string }> }>(
      app.ask(`/api/v1/audit?user=${member.id}`, { as: app.root }),
    );
    return events.items.map(({ action }) => action);
  };
  return { ...app, update, actionsOn };
}

it('adds a member who can sign in and is found by email address in any case', async () => {
  const app = await open();
  const response = await app.ask('/api/v1/users', {
    as: app.root,
    json: { email: 'Ada@Example.com', name: 'Ada', can_manage_tokens: true, password: 'another staple battery horse' },
  });
  expect(response.status).toBe(201);
  const { invitation, ...ada } = await jsonOf<InvitedUser>(response);
  expect(invitation).toBeNull();
  expect(ada).toEqual({
    id: expect.any(String),
    email: 'Ada@Example.com',
    name: 'Ada',
    superuser: false,
    auditor: false,
    status: 'active',
    disabled: false,
    can_manage_tokens: true,
    sso: false,
    groups: [],
    token_count: 0,
    last_used_at: null,
    created_at: '2026-11-23T16:20:00.000Z',
    invited_at: null,
    joined_at: '2026-11-23T16:20:00.000Z',
    disabled_at: null,
  });
  expect(await jsonOf(app.ask(response.headers.get('location') ?? '', { as: app.root }))).toEqual(ada);
  const found = await jsonOf<UserPage>(app.ask('/api/v1/users?email=ADA@example.com', { as: app.root }));
  expect(found).toEqual({ items: [ada], next_cursor: null });
  const json = { email: 'ada@example.com', password: 'another staple battery horse' };
  expect((await app.ask('/api/v1/sessions', { json })).status).toBe(201);
  expect(await app.actionsOn(ada)).toEqual(
    expect.arrayContaining(['user.created', 'user.permission_granted', 'session.created']),
  );
});

it('returns an empty list for an email address that no member has', async () => {
  const app = await open();
  expect(await jsonOf(app.ask('/api/v1/users?email=nobody@example.com', { as: app.root }))).toEqual({
    items: [],
    next_cursor: null,
  });
});

it.each(['DEV@example.com', 'dev@EXAMPLE.com', ' dev@example.com '])(
  'rejects the email address %j, which is already in use',
  async (email) => {
    const app = await open();
    const response = await app.ask('/api/v1/users', { as: app.root, json: { email } });
    expect(response.status).toBe(409);
    expect(await jsonOf(response)).toMatchObject({ code: 'email-taken', errors: [{ pointer: '/email' }] });
  },
);

it('adds one member for 20 concurrent requests with the same email address', async () => {
  const app = await open();
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => app.ask('/api/v1/users', { as: app.root, json: { email: 'new@example.com' } })),
  );
  expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(responses.filter(({ status }) => status === 409)).toHaveLength(19);
});

it.each([
  '',
  'ada',
  'ada@',
  '@example.com',
  'a da@example.com',
  'a@b.c\nBcc: x@y.z',
  '"a"@example.com',
  'a@b,c@d.e',
  `${'a'.repeat(250)}@example.com`,
])('rejects the email address %j', async (email) => {
  const app = await open();
  const problem = await jsonOf<ProblemDetails>(app.ask('/api/v1/users', { as: app.root, json: { email } }));
  expect(problem.status).toBe(400);
  expect(new Set(problem.errors?.map(({ pointer }) => pointer))).toEqual(new Set(['/email']));
});

it('rejects a weak initial password and adds no member', async () => {
  const app = await open();
  const response = await app.ask('/api/v1/users', {
    as: app.root,
    json: { email: 'new@example.com', password: 'short' },
  });
  expect(await jsonOf(response)).toMatchObject({ status: 400, errors: [{ pointer: '/password' }] });
  expect((await jsonOf<UserPage>(app.ask('/api/v1/users', { as: app.root }))).items).toHaveLength(2);
});

it('audits each change once, and no request that changes nothing', async () => {
  const app = await open();
  await app.update(app.dev, { can_manage_tokens: false, name: 'Dev' });
  await app.update(app.dev, { can_manage_tokens: false, name: 'Dev' });
  await app.update(app.dev, { can_manage_tokens: true, superuser: true });
  expect(await app.actionsOn(app.dev)).toEqual([
    'user.promoted',
    'user.permission_granted',
    'user.permission_removed',
    'user.renamed',
  ]);
});

it('returns the unchanged member for an empty update', async () => {
  const app = await open();
  expect(await jsonOf(app.update(app.dev, {}))).toMatchObject({ id: app.dev.id });
  expect(await app.actionsOn(app.dev)).toEqual([]);
});

it('ends all sessions of a disabled member and restores none when the member is enabled', async () => {
  const app = await open();
  const second = await app.signIn(app.dev.id);
  expect(await jsonOf(app.update(app.dev, { disabled: true }))).toMatchObject({ disabled: true });
  for (const session of [app.dev.session, second]) {
    expect((await app.ask('/api/v1/me', { as: { ...app.dev, session } })).status).toBe(401);
  }
  await app.update(app.dev, { disabled: false });
  expect((await app.ask('/api/v1/me', { as: app.dev })).status).toBe(401);
});

it('applies a demotion from the next request on', async () => {
  const app = await open();
  await app.update(app.dev, { superuser: true });
  expect((await app.ask('/api/v1/users', { as: app.dev })).status).toBe(200);
  await app.update(app.dev, { superuser: false });
  expect((await app.ask('/api/v1/users', { as: app.dev })).status).toBe(403);
});

it.each([{ disabled: true }, { superuser: false }, { superuser: false, name: 'x', can_manage_tokens: false }])(
  'rejects the update %j of the last enabled superuser and changes nothing',
  async (json) => {
    const app = await open();
    const before = await jsonOf(app.ask('/api/v1/me', { as: app.root }));
    const response = await app.update(app.root, json);
    expect(response.status).toBe(409);
    expect(await jsonOf(response)).toMatchObject({ code: 'last-superuser' });
    expect(await jsonOf(app.ask('/api/v1/me', { as: app.root }))).toEqual(before);
  },
);

it('does not count a disabled superuser as a remaining one', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', superuser: true });
  expect((await app.update(other, { disabled: true })).status).toBe(200);
  expect((await app.update(app.root, { superuser: false })).status).toBe(409);
  expect((await app.update(other, { superuser: false })).status).toBe(200);
});

it('keeps one superuser if two demote each other concurrently', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', superuser: true });
  const responses = await Promise.all([
    app.update(other, { superuser: false }, app.root),
    app.update(app.root, { superuser: false }, other),
  ]);
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  const users = await app.store.users.list({ limit: 10, before: null });
  expect(users.filter(({ superuser }) => superuser)).toHaveLength(1);
});

it('revokes every token of a member and sends one mail that names them all', async () => {
  const app = await open();
  const tokens = [await createToken(app, app.dev, { name: 'one' }), await createToken(app, app.dev, { name: 'two' })];
  const mailsBefore = (await app.mails()).length;
  const revokeAll = () => app.ask(`/api/v1/users/${app.dev.id}/tokens`, { as: app.root, method: 'DELETE' });
  expect((await revokeAll()).status).toBe(204);
  for (const { token } of tokens) expect(await verdict(app, token)).toBe('revoked');
  expect((await revokeAll()).status).toBe(204);
  const mails = (await app.mails()).slice(mailsBefore);
  expect(mails).toHaveLength(1);
  for (const { name } of tokens) expect(mails[0]?.text).toContain(name);
  expect((await app.actionsOn(app.dev)).filter((action) => action === 'token.revoked')).toHaveLength(2);
});

it('lists each member exactly once across pages, newest first', async () => {
  const app = await open();
  for (let i = 0; i < 5; i += 1) await app.addMember({ email: `m${i}@example.com` });
  const seen: string[] = [];
  let query = '?limit=3';
  for (;;) {
    const page = await jsonOf<UserPage>(app.ask(`/api/v1/users${query}`, { as: app.root }));
    seen.push(...page.items.map(({ email }) => email));
    if (page.next_cursor === null) break;
    query = `?limit=3&cursor=${page.next_cursor}`;
  }
  expect(seen).toEqual([
    ...['m4', 'm3', 'm2', 'm1', 'm0'].map((name) => `${name}@example.com`),
    'dev@example.com',
    'root@example.com',
  ]);
});

it("shows a member's token count and most recent use", async () => {
  const app = await open();
  const { id } = await createToken(app, app.dev, { name: 'x' });
  const at = app.clock.now();
  await app.store.tokens.recordUses([{ tokenId: id, at, method: 'GET', path: '/builds', ip: null, userAgent: null }]);
  expect(await jsonOf(app.ask('/api/v1/me', { as: app.dev }))).toMatchObject({
    token_count: 1,
    last_used_at: '2026-11-23T16:20:00.000Z',
  });
});
