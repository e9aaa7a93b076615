import { expect, onTestFinished, test } from 'vitest';
import { createServices } from '../../server/services.ts';
import { foldName } from '../../shared/names.ts';
import type { ProblemDetails } from '../../shared/problem.ts';
import type { CreatedToken, Token } from '../../shared/schemas/tokens/tokens.ts';
import { isWellFormedToken } from '../../shared/token-format.ts';
import { createToken, jsonOf, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { addToken } from '../store/contract/records.ts';

interface TokenPage {
  items: Token[];
  next_cursor: string | null;
}

async function open(settings?: Parameters<typeof openTestApp>[0]) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

test('POST returns the value of a new token once', async () => {
  const app = await open();
  const response = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: ' ci-pipeline ', description: 'CI' } });
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { token, ...object } = await jsonOf<CreatedToken>(response);
  expect(isWellFormedToken(token)).toBe(true);
  expect(object).toEqual({
    id: expect.any(String),
    name: 'ci-pipeline',
    prefix: token.slice(0, 12),
    description: 'CI',
    owner: 'dev@example.com',
    owner_kind: 'member',
    created_at: '2026-11-23T16:20:00.000Z',
    expires_at: null,
    status: 'active',
    last_used: null,
    last_denied: null,
    rotated_at: null,
    previous_used_at: null,
    previous: null,
    paused: null,
    self_rotate: false,
    lifetime: null,
    quiet_networks: false,
    canary: false,
    manage: [],
    apps: null,
    read_only: false,
    allow: null,
    networks: null,
    enforce: true,
  });
  const location = response.headers.get('location') ?? '';
  expect(await jsonOf(app.ask(location, { as: app.dev }))).toEqual(object);
  expect(await jsonOf(app.ask('/api/v1/tokens', { as: app.dev }))).toEqual({ items: [object], next_cursor: null });
});

test('new values start with the configured prefix, and values with an older prefix stay valid', async () => {
  const app = await open();
  const before = await createToken(app, app.dev, { name: 'before' });
  const config = { ...app.config, tokenPrefix: 'acme2' };
  const renamed = createServices({ ...app, config, mailQueued: () => {} });
  const creator = { user: await userOf(app), clientInfo: { ip: null, userAgent: null }, channel: 'cli' } as const;
  const { token, secret } = await renamed.tokens.create(creator, { name: 'after' });
  const value = secret?.reveal() ?? '';
  expect(value).toMatch(/^acme2_[0-9A-Za-z]{38}$/);
  expect(token.prefix).toBe(value.slice(0, 14));
  expect((await renamed.verify(before.token)).allowed).toBe(true);
  expect(await verdict(app, value)).toBe(200);
});

test('creating a token sends its owner one mail without the value', async () => {
  const app = await open();
  const { token, name } = await createToken(app, app.dev, { name: 'mailed' });
  const [mail, ...others] = await app.mails();
  expect(others).toEqual([]);
  expect(mail).toMatchObject({ to: 'dev@example.com' });
  expect(mail?.text).toContain(name);
  expect(JSON.stringify(mail)).not.toContain(token);
});

test('rejects a token or session value as a name or description', async () => {
  const app = await open();
  const { token } = await createToken(app, app.dev, { name: 'x' });
  for (const body of [
    { name: token },
    { name: 'y', description: `was ${token}, careful` },
    { name: app.dev.session },
  ]) {
    const response = await app.ask('/api/v1/tokens', { as: app.dev, json: body });
    expect(await jsonOf(response)).toMatchObject({ status: 400, code: 'invalid-fields' });
  }
  const renamed = await app.ask(`/api/v1/users/${app.dev.id}`, {
    as: app.root,
    method: 'PATCH',
    json: { name: token },
  });
  expect(renamed.status).toBe(400);
  expect(await jsonOf(app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'tok_of_the_day' } }))).toHaveProperty(
    'id',
  );
});

test('lets no superuser without the permission create a token', async () => {
  const app = await open();
  const chief = await app.addMember({ email: 'chief@example.com', superuser: true });
  const response = await app.ask('/api/v1/tokens', { as: chief, json: { name: 'x' } });
  expect(response.status).toBe(403);
  expect(await jsonOf(response)).toMatchObject({ code: 'permission-missing' });
});

test('removing the permission blocks tokens, granting it unblocks them, and revoked tokens stay revoked', async () => {
  const app = await open();
  const kept = await createToken(app, app.dev, { name: 'kept' });
  const dropped = await createToken(app, app.dev, { name: 'dropped' });
  const before = await app.store.tokens.findById(kept.id);
  const setPermission = (can_manage_tokens: boolean) =>
    app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { can_manage_tokens } });

  expect(await jsonOf(setPermission(false))).toMatchObject({ can_manage_tokens: false, token_count: 2 });
  expect(await verdict(app, kept.token)).toBe('blocked');
  const listed = await jsonOf<TokenPage>(app.ask('/api/v1/tokens', { as: app.dev }));
  expect(listed.items.map((token) => token.status)).toEqual(['blocked', 'blocked']);
  expect(await app.store.tokens.findById(kept.id)).toEqual({ ...before, ownerCanManageTokens: false });
  expect((await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'more' } })).status).toBe(403);
  const revoked = await app.ask(`/api/v1/tokens/${dropped.id}`, { as: app.dev, method: 'DELETE' });
  expect(revoked.status).toBe(204);

  await setPermission(true);
  expect(await verdict(app, kept.token)).toBe(200);
  expect(await verdict(app, dropped.token)).toBe('revoked');
  expect(await app.store.tokens.findById(kept.id)).toEqual(before);
});

test('denies the tokens of a disabled owner, and allows them after the owner is enabled', async () => {
  const app = await open();
  const { token, id } = await createToken(app, app.dev, { name: 'x' });
  const setDisabled = (disabled: boolean) =>
    app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { disabled } });
  await setDisabled(true);
  expect(await verdict(app, token)).toBe('disabled');
  expect(await jsonOf(app.ask(`/api/v1/tokens/${id}`, { as: app.root }))).toMatchObject({ status: 'disabled' });
  await setDisabled(false);
  expect(await verdict(app, token)).toBe(200);
});

test('keeps a revoked token revoked, and allows its name to be used again', async () => {
  const app = await open();
  const first = await createToken(app, app.dev, { name: 'x' });
  expect((await app.ask(`/api/v1/tokens/${first.id}`, { as: app.dev, method: 'DELETE' })).status).toBe(204);
  expect(await verdict(app, first.token)).toBe('revoked');
  expect((await app.ask(`/api/v1/tokens/${first.id}`, { as: app.dev, method: 'DELETE' })).status).toBe(404);
  const second = await createToken(app, app.dev, { name: 'x' });
  expect(second.token).not.toBe(first.token);
  expect(await verdict(app, first.token)).toBe('revoked');
  expect(await verdict(app, second.token)).toBe(200);
});

test('lets a superuser revoke another member’s token, and names the superuser in the mail to its owner', async () => {
  const app = await open();
  const { id, token } = await createToken(app, app.dev, { name: 'x' });
  expect((await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  expect(await verdict(app, token)).toBe('revoked');
  const mail = (await app.mails()).at(-1);
  expect(mail?.to).toBe('dev@example.com');
  expect(mail?.text).toContain('root@example.com');
});

test.each(['tok_N2Jzk8x7', 'TOK_n2jzk8x7', ' tok_00000000 ', 'to\u212a_00000000'])(
  'a new token cannot have the name %j, which looks like a prefix',
  async (name) => {
    const app = await open();
    const response = await app.ask('/api/v1/tokens', { as: app.dev, json: { name } });
    expect(response.status).toBe(400);
    expect(await jsonOf<ProblemDetails>(response)).toMatchObject({
      code: 'invalid-fields',
      errors: [{ pointer: '/name', detail: expect.stringContaining('look like the prefix') }],
    });
    const drf = { username: app.dev.email, password: app.dev.password, name };
    expect(await jsonOf(app.ask('/api-token-auth/', { json: drf }))).toEqual({
      name: ['A name must not look like the prefix of a token. Choose another name.'],
    });
  },
);

test.each(['ci_pipeline', 'tok_', 'tok_1234567', 'tok_123456789', 'my tok_12345678'])(
  'a new token can have the name %j',
  async (name) => {
    const app = await open();
    expect((await app.ask('/api/v1/tokens', { as: app.dev, json: { name } })).status).toBe(201);
  },
);

test('another member’s token gets the same 404 as one that does not exist', async () => {
  const app = await open();
  const { id } = await createToken(app, app.root, { name: 'hidden' });
  for (const method of ['GET', 'DELETE']) {
    const responses = [];
    for (const path of [id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b', 'no-uuid', '%00', id.toUpperCase()]) {
      const response = await app.ask(`/api/v1/tokens/${path}`, { as: app.dev, method });
      expect(response.status).toBe(404);
      const { request_id, ...body } = await jsonOf<ProblemDetails>(response);
      responses.push(JSON.stringify(body));
    }
    expect(new Set(responses).size).toBe(1);
  }
  expect(await app.store.tokens.findById(id)).not.toBeNull();
});

test('accepts one of 50 concurrent creations with one name and sends one mail', async () => {
  const app = await open();
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'same' } })),
  );
  const statuses = responses.map((response) => response.status).sort();
  expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
  const conflict = responses.find((response) => response.status === 409);
  expect(await conflict?.json()).toMatchObject({ code: 'name-taken', errors: [{ pointer: '/name' }] });
  const { items } = await jsonOf<TokenPage>(app.ask('/api/v1/tokens', { as: app.dev }));
  expect(items).toHaveLength(1);
  expect(await app.mails()).toHaveLength(1);
});

test.each([
  ['case', 'Deploy', 'dEPLOY'],
  ['full case folding', 'straße', 'STRASSE'],
  ['composition', 'caf\u00e9', 'cafe\u0301'],
  ['case and composition', '\u00c9t\u00e9', 'e\u0301te\u0301'],
  ['surrounding white space', 'ci', '\u2003ci\u00a0'],
])('names that differ only in %s count as the same name', async (_difference, one, other) => {
  const app = await open();
  expect(foldName(one.trim())).toBe(foldName(other.trim()));
  await createToken(app, app.dev, { name: one });
  expect((await app.ask('/api/v1/tokens', { as: app.dev, json: { name: other } })).status).toBe(409);
  expect((await app.ask('/api/v1/tokens', { as: app.root, json: { name: other } })).status).toBe(201);
});

test.each([
  ['an empty name', ''],
  ['a name of white space', ' \u3000\t '],
  ['65 characters', 'x'.repeat(65)],
  ['10,000 characters', 'x'.repeat(10_000)],
  ['NUL', 'a\0b'],
  ['CR and LF', 'a\r\nb'],
  ['a bidi override', 'a\u202eb'],
  ['a zero-width joiner', 'a\u200db'],
  ['a line separator', 'a\u2028b'],
  ['a private-use character', 'a\ue000b'],
])('rejects %s with an error at /name', async (_problem, name) => {
  const app = await open();
  const response = await app.ask('/api/v1/tokens', { as: app.dev, json: { name } });
  expect(response.status).toBe(400);
  expect(await jsonOf(response)).toMatchObject({ code: 'invalid-fields', errors: [{ pointer: '/name' }] });
  expect(await app.mails()).toEqual([]);
});

test('accepts a name of 64 code points, even if they are 128 UTF-16 units', async () => {
  const app = await open();
  expect(await createToken(app, app.dev, { name: '🚀'.repeat(64) })).toMatchObject({ name: '🚀'.repeat(64) });
});

test('returns the same token, without its value, for a repeated Idempotency-Key and body', async () => {
  const app = await open();
  const create = (key: string, json: object, as = app.dev) =>
    app.ask('/api/v1/tokens', { as, json, headers: { 'Idempotency-Key': key } });
  const first = await create('k1', { name: 'x' });
  const { token, ...object } = await jsonOf<CreatedToken>(first);
  expect(token).toBeDefined();
  const replay = await create('k1', { name: 'x' });
  expect(replay.status).toBe(200);
  expect(await jsonOf(replay)).toEqual(object);
  expect(await app.mails()).toHaveLength(1);

  expect(await jsonOf(create('k1', { name: 'y' }))).toMatchObject({ status: 409, code: 'idempotency-mismatch' });
  expect((await create('k1', { name: 'x' }, app.root)).status).toBe(201);
  app.clock.advance(24 * 60 * 60 * 1000 + 1);
  const dayAfter = { ...app.dev, session: await app.signIn(app.dev.id) };
  expect(await jsonOf(create('k1', { name: 'x' }, dayAfter))).toMatchObject({ code: 'name-taken' });
});

test('distinguishes a null from a missing field under one Idempotency-Key, but not the order of fields', async () => {
  const app = await open({ defaultExpiry: 3600 });
  const create = (json: object) =>
    app.ask('/api/v1/tokens', { as: app.dev, json, headers: { 'Idempotency-Key': 'k' } });
  expect((await create({ name: 'x', description: 'CI' })).status).toBe(201);
  expect((await create({ description: 'CI', name: 'x' })).status).toBe(200);
  for (const field of ['expires_in', 'expires_at']) {
    expect((await create({ name: 'x', description: 'CI', [field]: null })).status).toBe(409);
  }
});

test('replays a creation even if its expiry has passed', async () => {
  const app = await open();
  const json = { name: 'x', expires_at: new Date(app.clock.now() + 1000).toISOString() };
  const create = () => app.ask('/api/v1/tokens', { as: app.dev, json, headers: { 'Idempotency-Key': 'k' } });
  expect((await create()).status).toBe(201);
  app.clock.advance(1000);
  const replay = await create();
  expect(replay.status).toBe(200);
  expect(await jsonOf(replay)).toMatchObject({ name: 'x', status: 'expired' });
});

test('keeps an Idempotency-Key usable after a failed creation', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'taken' });
  const create = (name: string) =>
    app.ask('/api/v1/tokens', { as: app.dev, json: { name }, headers: { 'Idempotency-Key': 'k' } });
  expect((await create('taken')).status).toBe(409);
  expect((await create('free')).status).toBe(201);
});

test('creates one token from ten concurrent requests with one Idempotency-Key, and replays it nine times', async () => {
  const app = await open();
  const responses = await Promise.all(
    Array.from({ length: 10 }, () =>
      app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'x' }, headers: { 'Idempotency-Key': 'k' } }),
    ),
  );
  expect(responses.map((response) => response.status).sort()).toEqual([...Array.from({ length: 9 }, () => 200), 201]);
});

test.each([['a b'], [''], ['é'], ['k'.repeat(256)], ['a\tb']])('rejects the Idempotency-Key %j', async (key) => {
  const app = await open();
  const response = await app.ask('/api/v1/tokens', {
    as: app.dev,
    json: { name: 'x' },
    headers: { 'Idempotency-Key': key },
  });
  expect(response.status).toBe(400);
  expect(await jsonOf(response)).toMatchObject({ errors: [{ pointer: '#idempotency-key' }] });
});

test.each([
  [{ expires_in: 3600 }, '2026-11-23T17:20:00.000Z'],
  [{ expires_in: 100 * 365 * 86_400 }, '2126-10-30T16:20:00.000Z'],
  [{ expires_at: '2026-11-24T00:00:00+01:00' }, '2026-11-23T23:00:00.000Z'],
  [{ expires_at: '2026-11-24t00:00:00.5z' }, '2026-11-24T00:00:00.500Z'],
  [{ expires_in: null }, null],
  [{ expires_at: null }, null],
  [{}, null],
])('%j expires at %s', async (expiry, expected) => {
  const app = await open();
  expect(await createToken(app, app.dev, { name: 'x', ...expiry })).toMatchObject({ expires_at: expected });
});

test.each([
  [{ expires_in: 3600, expires_at: '2027-01-01T00:00:00Z' }, '/expires_at'],
  [{ expires_in: null, expires_at: null }, '/expires_at'],
  [{ expires_in: 0 }, '/expires_in'],
  [{ expires_in: -1 }, '/expires_in'],
  [{ expires_in: 1.5 }, '/expires_in'],
  [{ expires_in: '3600' }, '/expires_in'],
  [{ expires_in: 1e15 }, '/expires_in'],
  [{ expires_in: 100 * 366 * 86_400 }, '/expires_in'],
  [{ expires_at: '2026-11-23T16:20:00Z' }, '/expires_at'],
  [{ expires_at: '1999-01-01T00:00:00Z' }, '/expires_at'],
  [{ expires_at: 'tomorrow' }, '/expires_at'],
  [{ expires_at: '2027-01-01T00:00Z' }, '/expires_at'],
  [{ expires_at: '9999-12-31T23:59:59-01:00' }, '/expires_at'],
  [{ expires_at: '2027-02-30T00:00:00Z' }, '/expires_at'],
  [{ expires_at: 1_800_000_000 }, '/expires_at'],
])('rejects the expiry %j with an error at %s', async (expiry, pointer) => {
  const app = await open();
  const response = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'x', ...expiry } });
  expect(response.status).toBe(400);
  expect(await jsonOf(response)).toMatchObject({ errors: [{ pointer }] });
});

test('rejects a longer expiry than the maximum, which is the default', async () => {
  const app = await open({ maxExpiry: 3600 });
  const create = (json: object) => app.ask('/api/v1/tokens', { as: app.dev, json });
  expect((await create({ name: 'long', expires_in: 3601 })).status).toBe(400);
  expect((await create({ name: 'never', expires_in: null })).status).toBe(400);
  expect(await jsonOf(create({ name: 'fits', expires_in: 3600 }))).toMatchObject({
    expires_at: '2026-11-23T17:20:00.000Z',
  });
  expect(await jsonOf(create({ name: 'default' }))).toMatchObject({ expires_at: '2026-11-23T17:20:00.000Z' });
});

test('denies a token from its expiry on, and lists it as expired', async () => {
  const app = await open();
  const { token } = await createToken(app, app.dev, { name: 'short', expires_in: 60 });
  app.clock.advance(59_999);
  expect(await verdict(app, token)).toBe(200);
  app.clock.advance(1);
  expect(await verdict(app, token)).toBe('expired');
  const { items } = await jsonOf<TokenPage>(app.ask('/api/v1/tokens?status=expired', { as: app.dev }));
  expect(items.map(({ name, status }) => ({ name, status }))).toEqual([{ name: 'short', status: 'expired' }]);
});

test('concurrent creations cannot exceed the token limit', async () => {
  const app = await open({ maxTokensPerUser: 3 });
  const responses = await Promise.all(
    Array.from({ length: 8 }, (_, i) => app.ask('/api/v1/tokens', { as: app.dev, json: { name: `t${i}` } })),
  );
  expect(responses.filter((response) => response.status === 201)).toHaveLength(3);
  const rejected = responses.find((response) => response.status !== 201);
  expect(await rejected?.json()).toMatchObject({ status: 409, code: 'token-limit' });
});

/** Adds tokens t0, t1, … of `dev` to the store directly, because creating each through the API takes long. */
async function addTokens(app: TestApp, count: number): Promise<void> {
  await app.store.transaction(async (store) => {
    for (let i = 0; i < count; i += 1) await addToken(store, app.dev.id, { name: `t${i}`, nameFolded: `t${i}` });
  });
}

test('pages list each of 500 tokens once, newest first, while others are created and revoked', async () => {
  const app = await open();
  await addTokens(app, 500);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const page: TokenPage = await jsonOf(app.ask(`/api/v1/tokens?limit=200${query}`, { as: app.dev }));
    seen.push(...page.items.map((token) => token.name));
    cursor = page.next_cursor;
    const last = page.items.at(-1);
    if (seen.length === 200 && last) {
      await createToken(app, app.dev, { name: 'created between pages' });
      await app.ask(`/api/v1/tokens/${last.id}`, { as: app.dev, method: 'DELETE' });
    }
  } while (cursor !== null);
  expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => `t${499 - i}`));
}, 60_000);

test('returns pages of 50 tokens by default, and no cursor with the last page', async () => {
  const app = await open();
  await addTokens(app, 51);
  const first = await jsonOf<TokenPage>(app.ask('/api/v1/tokens', { as: app.dev }));
  expect(first.items).toHaveLength(50);
  const exact = await jsonOf<TokenPage>(app.ask('/api/v1/tokens?limit=51', { as: app.dev }));
  expect(exact).toMatchObject({ next_cursor: null, items: { length: 51 } });
});

test('members list their own tokens, and superusers those of any member or of all', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'devs' });
  await createToken(app, app.root, { name: 'roots' });
  const names = async (query: string, as = app.root) =>
    (await jsonOf<TokenPage>(app.ask(`/api/v1/tokens${query}`, { as }))).items.map((token) => token.name);
  expect(await names('')).toEqual(['roots']);
  expect(await names('?all=true')).toEqual(['roots', 'devs']);
  expect((await app.ask('/api/v1/tokens?all=true&user=dev@example.com', { as: app.root })).status).toBe(400);
  expect(await names('?all=false')).toEqual(['roots']);
  expect(await names('?user=DEV@example.com')).toEqual(['devs']);
  expect(await names(`?user=${app.dev.id}`)).toEqual(['devs']);
  expect(await names('?user=dev@example.com', app.dev)).toEqual(['devs']);
  for (const query of ['?all=true', '?user=root@example.com', '?user=nobody@example.com', `?user=${app.root.id}`]) {
    expect(await jsonOf(app.ask(`/api/v1/tokens${query}`, { as: app.dev }))).toMatchObject({
      code: 'superuser-required',
    });
  }
  expect(await jsonOf(app.ask('/api/v1/tokens?user=nobody@example.com', { as: app.root }))).toMatchObject({
    code: 'user-not-found',
  });
});

async function userOf(app: Awaited<ReturnType<typeof open>>) {
  const user = await app.store.users.findById(app.dev.id);
  if (user === null) throw new Error('The member is missing.');
  return user;
}

test('the name of an expired token is free, and its value keeps the reason “expired”', async () => {
  const app = await open();
  const old = await createToken(app, app.dev, { name: 'ci', expires_in: 60 });
  const create = () => app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'CI' } });
  expect((await create()).status).toBe(409);
  app.clock.advance(60_000);
  expect(await verdict(app, old.token)).toBe('expired');
  const created = await jsonOf<CreatedToken>(create());
  expect(created).toMatchObject({ name: 'CI', status: 'active' });
  expect(await verdict(app, created.token)).toBe(200);
  expect(await verdict(app, old.token)).toBe('expired');
  const { items } = await jsonOf<TokenPage>(app.ask('/api/v1/tokens', { as: app.dev }));
  expect(items.map(({ id }) => id)).toEqual([created.id]);
  expect((await create()).status).toBe(409);
});

test('a rejected creation leaves the expired token of that name', async () => {
  const app = await open({ maxTokensPerUser: 1 });
  const old = await createToken(app, app.dev, { name: 'ci', expires_in: 60 });
  app.clock.advance(60_000);
  await createToken(app, app.dev, { name: 'other' });
  const rejected = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci' } });
  expect(await rejected.json()).toMatchObject({ code: 'token-limit' });
  expect((await app.ask(`/api/v1/tokens/${old.id}`, { as: app.dev })).status).toBe(200);
});
