import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Access, accessTable } from '../server/http/middleware/access.ts';
import { pageAccess } from '../server/web/shell/access.ts';
import { limits } from '../shared/limits.ts';
import { problemSchema } from '../shared/problem.ts';
import { assembleToken } from '../shared/token-format.ts';
import { type Ask, createToken, jsonOf, type Member, openTestApp, type TestApp } from './helpers/app/app.ts';
import { routesOf } from './helpers/app/routes.ts';
import { validBodies } from './helpers/app/valid-bodies.ts';
import { addServiceAccount } from './store/contract/accounts/service-accounts.ts';
import { addTrust } from './store/contract/machines/trusts.ts';

const routes = Object.entries(accessTable)
  .filter(([key]) => !key.startsWith('ALL '))
  .map(([key, access]) => {
    const [method = '', path = ''] = key.split(' ');
    return { key, method, path, access };
  });
const routesFor = (...kinds: Access[]) => routes.filter(({ access }) => kinds.includes(access));

const routesWithBody = routes.filter(({ key }) => key in validBodies);

let app: TestApp;
let token: { id: string; token: string };
let registered: { id: string };
let trust: { id: string };
let webhook: { id: string };
let account: { id: string };
let client: { id: string };
let before: string;

beforeAll(async () => {
  app = await openTestApp();
  token = await createToken(app, app.dev, { name: 'existing' });
  registered = await jsonOf(await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana' } }));
  const ci = await addServiceAccount(app.store, 'ci');
  await app.store.serviceAccounts.addMaintainer(ci.id, app.dev.id);
  trust = await addTrust(app.store, ci);
  const json = { url: 'https://hooks.example.com/existing', events: ['app.*'] };
  webhook = await jsonOf(await app.ask('/api/v1/webhooks', { as: app.root, json }));
  account = await jsonOf(
    await app.ask('/api/v1/service-accounts', {
      as: app.root,
      json: { name: 'deploys', maintainers: [app.dev.email] },
    }),
  );
  client = await jsonOf(await app.ask('/api/v1/clients', { as: app.root, json: { name: 'Existing' } }));
  before = await snapshot();
});
afterEach(async () => {
  expect(await snapshot(), 'the state changed').toBe(before);
});
afterAll(() => app.close());

/** Returns everything that a request could change, except records of failed sign-ins and of reads, as one text. */
async function snapshot(): Promise<string> {
  const page = { limit: 1000, before: null };
  const events = await app.store.audit.list(page);
  return JSON.stringify([
    await app.store.users.list(page),
    await app.store.tokens.list({ ...page, now: app.clock.now() }),
    await app.store.apps.list(page),
    await app.store.trusts.list(page),
    await app.store.webhooks.list(page),
    await app.store.serviceAccounts.list(page),
    await app.store.clients.list(page),
    events.filter(({ action }) => action !== 'session.failed' && action !== 'user.data_read'),
    (await app.mails()).map(({ id }) => id),
    await Promise.all([app.root, app.dev].map(({ session }) => app.services.sessions.authenticate(session))),
  ]);
}

function target(path: string, id?: string): string {
  const named = [
    ['/users/', app.dev],
    ['/service-accounts/', account],
    ['/apps/', registered],
    ['/trusts/', trust],
    ['/webhooks/', webhook],
    ['/clients/', client],
  ] as const;
  const existing = named.find(([part]) => path.includes(part))?.[1] ?? token;
  // A token that was not used gets no suggestion otherwise.
  const query = path.endsWith('/suggestion') ? '?force=true' : '';
  return `${path.replace(':id', id ?? existing.id).replace(':delivery', token.id)}${query}`;
}

/** Calls a route with a valid body if it reads one, so that only the tested fault can cause the rejection. */
function call(route: { key: string; method: string; path: string }, ask: Ask, id?: string): Promise<Response> {
  const body = validBodies[route.key];
  return app.ask(target(route.path, id), { method: route.method, ...(body && { json: body }), ...ask });
}

async function problemOf(response: Response) {
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(text).not.toMatch(/\bat .*\.(ts|js|mjs|cjs)\b|node_modules|SQLITE|select /i);
  const problem = problemSchema.strict().parse(JSON.parse(text));
  expect(problem.status).toBe(response.status);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  expect(response.headers.has('www-authenticate')).toBe(response.status === 401);
  return problem;
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  const problem = await problemOf(response);
  expect({ status: response.status, code: problem.code }).toEqual({ status, code });
}

/** Returns the request options that let a request use this route. */
function accessOptions({ access }: { access: Access }): { as: Member } | Record<never, never> {
  if (access === 'anyone') return {};
  if (access === 'monitoring') return { ip: '127.0.0.1', host: 'localhost' };
  if (access === 'token') return { as: { ...app.dev, session: token.token } };
  return { as: access === 'superuser' || access === 'reader' ? app.root : app.dev };
}

const forms = (value: string) => ({
  'Token ': { Authorization: `Token ${value}` },
  'Bearer ': { Authorization: `bearer ${value}` },
  'Basic ': { Authorization: `Basic ${Buffer.from(`any:${value}`).toString('base64')}` },
  'X-API-Key': { 'X-API-Key': value },
});

it('matches the access table with the API routes of the router', () => {
  const keys = routesOf(app.app).map(({ method, path }) => `${method} ${path}`);
  const routed = keys.filter((key) => !Object.hasOwn(pageAccess, key));
  expect(Object.keys(accessTable).sort()).toEqual(routed.sort());
});

describe.each(routesFor('session', 'superuser', 'reader'))('$key', (route) => {
  it('rejects a request without a session', async () => {
    const response = await call(route, {});
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tokensd"');
    await expectProblem(response, 401, 'not-authenticated');
  });

  it('rejects an invalid session and a session sent in any other way', async () => {
    const { session } = route.access !== 'session' ? app.root : app.dev;
    const twice = [
      ['Authorization', `Bearer ${session}`],
      ['Authorization', `Bearer ${session}`],
    ] as Array<[string, string]>;
    const rejected: Array<NonNullable<Ask['headers']>> = [
      { Authorization: `Bearer ${session}x` },
      { Authorization: `Bearer ${session.slice(0, -1)}` },
      { Authorization: `Bearer session_${'A'.repeat(43)}` },
      { Authorization: `Bearer ${'A'.repeat(10_000)}` },
      { Authorization: `Bearer ${session} ${session}` },
      { Authorization: `Bearer ${session}, Bearer ${session}` },
      { Authorization: `Token ${session}` },
      { Authorization: `Basic ${Buffer.from(`x:${session}`).toString('base64')}` },
      { Authorization: `Bearer ${session}`, 'X-API-Key': token.token },
      { Authorization: 'Bearer' },
      { 'X-API-Key': session },
      twice,
    ];
    for (const headers of rejected) {
      const response = await call(route, { headers });
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tokensd", error="invalid_token"');
      await expectProblem(response, 401, 'not-authenticated');
    }
    for (const headers of [{ Authorization: 'Digest x' }, { Cookie: `session=${session}` }, { Authorization: '' }]) {
      await expectProblem(await call(route, { headers }), 401, 'not-authenticated');
    }
    await expectProblem(
      await app.ask(`${target(route.path)}?access_token=${session}`, { method: route.method }),
      401,
      'not-authenticated',
    );
  });

  it('rejects a personal API token in every form, and with session-required if it is active', async () => {
    for (const headers of Object.values(forms(token.token))) {
      await expectProblem(await call(route, { headers }), 403, 'session-required');
    }
    for (const headers of Object.values(forms(`${token.token}x`))) {
      await expectProblem(await call(route, { headers }), 401, 'not-authenticated');
    }
  });
});

describe.each(routesFor('superuser', 'reader'))('$key', (route) => {
  it('rejects a member who is not a superuser, with or without a valid body', async () => {
    await expectProblem(await call(route, { as: app.dev }), 403, 'superuser-required');
    await expectProblem(
      await app.ask(target(route.path), { as: app.dev, method: route.method }),
      403,
      'superuser-required',
    );
  });
});

describe.each(routesFor('token'))('$key', (route) => {
  it('rejects requests without a credential, sessions and unknown values', async () => {
    await expectProblem(await call(route, {}), 401, 'invalid-token');
    await expectProblem(await call(route, { as: app.root }), 401, 'invalid-token');
    for (const headers of Object.values(forms(`${token.token}x`))) {
      await expectProblem(await call(route, { headers }), 401, 'invalid-token');
    }
  });
});

const malformedBodies: Record<string, string | Uint8Array<ArrayBuffer>> = {
  'nothing at all': '',
  'white space': ' \n',
  truncated: '{"name":"x"',
  'a truncated string': '{"name":"x',
  'a comment': '{"name":"x"/**/}',
  'a trailing comma': '{"name":"x",}',
  'single quotes': "{'name':'x'}",
  'two values': '{}{}',
  'a bare word': 'NaN',
  'a control character in a string': '{"name":"a\nb"}',
  'an array': '[]',
  'an array of bodies': '[{"name":"x"}]',
  null: 'null',
  'a string': '"name"',
  'a number': '1e999',
  'deep objects': `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  'deep arrays': '['.repeat(60_000),
  'a deep field': `{"name":${'['.repeat(500)}${']'.repeat(500)}}`,
  'invalid UTF-8': new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'UTF-16': new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
};

/** Fields that hold a list, which may be empty. */
const listFields = ['hosts', 'groups', 'maintainers', 'add_maintainers'];

const booleans = ['disabled', 'can_revoke', 'end_previous'];

const hostileValues = [
  [],
  {},
  5.5,
  'x'.repeat(10_000),
  'a\0b',
  'a\r\nb',
  '\u202eabc',
  'a\u200bb',
  'a\u0085b',
  'a\u2028b',
];

describe.each(routesWithBody)('$key', (route) => {
  const send = (body: Ask['body'], headers: Record<string, string> = { 'Content-Type': 'application/json' }) =>
    app.ask(target(route.path), {
      method: route.method,
      ...accessOptions(route),
      headers,
      ...(body !== undefined && { body }),
    });

  it.each(Object.entries(malformedBodies))('rejects a body that is or contains %s', async (_what, body) => {
    const response = await send(body);
    const problem = await problemOf(response);
    expect(response.status).toBe(400);
    expect(problem.detail).not.toBe('');
  });

  it('rejects a field that appears twice, even if one of them is escaped', async () => {
    const text = JSON.stringify(validBodies[route.key]);
    const [name = ''] = Object.keys(validBodies[route.key] ?? {});
    const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
    for (const duplicate of [name, escaped]) {
      const problem = await problemOf(await send(text.replace(/\}$/, `,"${duplicate}":"x"}`)));
      expect(problem).toMatchObject({
        status: 400,
        errors: [{ pointer: `/${name}`, detail: 'This field appears twice.' }],
      });
    }
  });

  it.each(['extra', '__proto__', 'constructor', 'a/b~c', 'id', ''])('rejects the unknown field %j', async (name) => {
    const text = JSON.stringify(validBodies[route.key]);
    const problem = await problemOf(await send(text.replace(/\}$/, `,${JSON.stringify(name)}:{"superuser":true}}`)));
    const pointer = `/${name.replace('~', '~0').replace('/', '~1')}`;
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer, detail: 'Unknown field.' }] });
  });

  it.each(Object.keys(validBodies[route.key] ?? {}))('rejects hostile values in the field %s', async (field) => {
    const sendWith = (value: unknown) => send(JSON.stringify({ ...validBodies[route.key], [field]: value }));
    const hostile = hostileValues.filter((value) => !(listFields.includes(field) && Array.isArray(value)));
    for (const value of booleans.includes(field) ? hostile : [...hostile, true]) {
      const response = await sendWith(value);
      await problemOf(response);
      expect([400, 401, 403, 409, 429], JSON.stringify(value)).toContain(response.status);
    }
    expect(await problemOf(await sendWith('\ud83d'))).toMatchObject({
      status: 400,
      errors: [{ pointer: `/${field}` }],
    });
  });

  it('rejects a body of another media type', async () => {
    const text = JSON.stringify(validBodies[route.key]);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'text/json',
      'application/ld+json',
      'application/json-patch+json',
      '',
    ]) {
      await expectProblem(await send(text, { 'Content-Type': type }), 415, 'unsupported-media-type');
    }
    await expectProblem(await send(new TextEncoder().encode(text), {}), 415, 'unsupported-media-type');
  });

  it('rejects a body over 64 KiB, declared or streamed, and stops reading it', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(limits.maxBodyBytes) });
    await expectProblem(await send(large), 413, 'body-too-large');
    await expectProblem(
      await send(large, { 'Content-Type': 'application/json', 'Content-Length': String(large.length) }),
      413,
      'body-too-large',
    );
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    await expectProblem(await send(endless), 413, 'body-too-large');
    expect(sent).toBeLessThan(4 * limits.maxBodyBytes);
  });
});

describe.each(routes.filter(({ path }) => path.includes(':id')))('$key', (route) => {
  it('returns the same 404 for a malformed ID and an unknown one', async () => {
    const responses = new Set<string>();
    const unknownIds = [
      '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
      '00000000-0000-0000-0000-000000000000',
      'x',
      '0',
      '-1',
      '%00',
      '%ff',
      '%F0%9F%92%A9',
      "'%20OR%201=1--",
      '..%2f..%2fetc',
      'dev@example.com',
      '__proto__',
      'x'.repeat(5000),
    ];
    for (const id of unknownIds) {
      const response = await call(route, { as: app.root }, id);
      expect(response.status, id).toBe(404);
      const { request_id, ...problem } = await problemOf(response);
      responses.add(JSON.stringify(problem));
    }
    expect(responses.size).toBe(1);
  });
});

const lists = [
  'GET /api/v1/tokens',
  'GET /api/v1/users',
  'GET /api/v1/audit',
  'GET /api/v1/clients',
  'GET /api/v1/apps',
  'GET /api/v1/trusts',
  'GET /api/v1/webhooks',
];

it.each(lists)('rejects invalid query parameters of %s', async (key) => {
  const path = key.slice(4);
  const invalid = [
    'limit=0',
    'limit=201',
    'limit=abc',
    'limit=-1',
    'limit=1.5',
    'limit=',
    'limit=%201',
    'limit=1e1',
    'limit=1&limit=2',
    'nope=1',
    '__proto__=1',
    'constructor=1',
    'cursor=',
    'cursor=x',
    'cursor=%00',
    `cursor=${'x'.repeat(5000)}`,
    'cursor=MDE5',
    `cursor=${Buffer.from("' OR 1=1 --").toString('base64url')}`,
  ];
  const invalidHere: Record<string, string[]> = {
    '/api/v1/tokens': [
      ...['status=dead', 'all=yes', 'all=1', 'user=', 'user=a@b.c&user=d@e.f'],
      ...['unused_for', 'unrotated_for', 'expiring_within', 'denied_within'].flatMap((name) =>
        ['', '0', '-1', '1.5', '1e3', '60d', '3155760001', '9999999999', `1&${name}=2`].map(
          (value) => `${name}=${value}`,
        ),
      ),
      ...['never_used', 'no_expiry'].flatMap((name) =>
        ['', '1', 'yes', `true&${name}=true`].map((value) => `${name}=${value}`),
      ),
    ],
    '/api/v1/users': ['email=', 'email=a&email=b'],
    '/api/v1/audit': [
      'since=yesterday',
      'since=2026-11-23',
      'since=1',
      'until=tomorrow',
      'action=token.unknown',
      'user=',
      'target=',
      `target=${assembleToken('tok', 'a'.repeat(32))}`,
      'ip=localhost',
      'ip=10.0.0.0/33',
      'user=a&actor=b',
    ],
  };
  for (const query of [...invalid, ...(invalidHere[path] ?? [])]) {
    const response = await app.ask(`${path}?${query}`, { as: app.root });
    expect(response.status, query).toBe(400);
    const problem = await problemOf(response);
    expect(problem.errors?.[0]?.pointer, query).toMatch(/^\?/);
  }
});

/** Reports whether a route also gets the requests for another path, as `/tokens/:id` gets some of those for `/tokens/statuses`. */
function serves(pattern: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return wanted.length === parts.length && wanted.every((part, at) => part === parts[at] || part.startsWith(':'));
}

describe.each([...new Set(routes.map(({ path }) => path))])('%s', (path) => {
  it('returns 405 with an Allow header for every other method', async () => {
    const methods = [...new Set(routes.filter((route) => serves(route.path, path)).map((route) => route.method))];
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      if (methods.includes(method)) continue;
      const response = await app.ask(target(path), { method });
      await expectProblem(response.clone(), 405, 'method-not-allowed');
      expect(response.headers.get('allow')?.split(', ').sort()).toEqual(allow);
    }
  });
});

it.each(routes.filter(({ method }) => method === 'GET'))(
  'returns the response of $key without its body for HEAD',
  async (route) => {
    const ask: Ask =
      route.access === 'token' ? { headers: { Authorization: `Token ${token.token}` } } : accessOptions(route);
    const withBody = { ...ask, ...(route.path.includes('/users/') && { as: app.root }) };
    const [get, head] = await Promise.all([call(route, withBody), call({ ...route, method: 'HEAD' }, withBody)]);
    expect({ get: get.status, head: head.status }).toEqual({ get: 200, head: 200 });
    expect(await head.text()).toBe('');
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
  },
);

it.each([
  '/api',
  '/api/v1',
  '/api/v1/',
  '/api/v1/nope',
  '/api/v1/tokens/',
  '/api/v1//tokens',
  '/api/v2/tokens',
  '/verify',
  '/%2e%2e/etc/passwd',
  '/api/v1/tokens/x/y',
  '/%ff',
])('returns 404 for %s', async (path) => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    const response = await app.ask(path, { method, as: app.root });
    await expectProblem(response, 404, 'not-found');
  }
});

it('sends the security and cache headers with every response, including errors', async () => {
  for (const route of routes) {
    const response = await call(route, {});
    expect(Object.fromEntries(response.headers), route.key).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      ...(route.path.startsWith('/api/v1') && { 'cache-control': 'no-store' }),
    });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});
