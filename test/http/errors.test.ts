import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../server/http/app.ts';
import type { AppDeps } from '../../server/http/context.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { jsonOf, openTestApp } from '../helpers/app/app.ts';

const secret = 'tok_8fK2b1QzAAAAAAAAAAAAAAAAAAAAAAAA0000aaaaaa'.slice(0, 42);

/** The app with parts of it replaced by broken ones. */
async function open(broken: (app: Awaited<ReturnType<typeof openTestApp>>) => Partial<AppDeps> = () => ({})) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const hono = createApp({ ...app.deps, ...broken(app) });
  const get = (path: string, headers: Record<string, string> = {}, ip = '203.0.113.9') =>
    hono.request(
      path,
      { headers },
      { incoming: { rawHeaders: Object.entries(headers).flat(), socket: { remoteAddress: ip } } },
    );
  return { ...app, hono, get, session: { Authorization: `Bearer ${app.dev.session}` } };
}

test('a database that does not answer is 503, said to be temporary, and logged with its cause', async () => {
  const app = await open(({ services }) => ({
    users: {
      ...services.users,
      me: () => Promise.reject(new StoreUnavailable('The database is locked', { cause: new Error('SQLITE_BUSY') })),
    },
  }));
  const response = await app.get('/api/v1/me', app.session);
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'unavailable', request_id: response.headers.get('x-request-id') });
  expect(text).not.toContain('SQLITE');
  expect(app.logLines.join('')).toContain('SQLITE_BUSY');
});

test('a database that does not answer at sign-in or verification is never told as a wrong credential', async () => {
  const down = () => Promise.reject(new StoreUnavailable('down'));
  const app = await open(({ services }) => ({ sessions: { ...services.sessions, authenticate: down }, verify: down }));
  expect((await app.get('/api/v1/me', app.session)).status).toBe(503);
  expect((await app.get('/api/v1/token', { 'X-API-Key': secret })).status).toBe(503);
});

test('an unexpected error is 500 without details; the log has them under the same request id, without secrets', async () => {
  const app = await open(({ services }) => ({
    users: { ...services.users, me: () => Promise.reject(new Error(`broken at ${secret}`)) },
  }));
  const response = await app.get('/api/v1/me', app.session);
  expect(response.status).toBe(500);
  const problem = await jsonOf(response);
  expect(problem).toEqual({
    type: 'urn:tokensd:problem:internal',
    title: 'Unexpected error',
    status: 500,
    detail: expect.not.stringContaining('broken'),
    code: 'internal',
    request_id: response.headers.get('x-request-id'),
  });
  const line = app.logLines.find((text) => text.includes('broken at'));
  expect(line).toContain(problem.request_id);
  expect(line).not.toContain(secret);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('each request is one line of JSON in the log, with its id and without its query', async () => {
  const app = await open();
  const response = await app.get('/api/v1/tokens?cursor=of-somebody', app.session);
  const lines = app.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter(({ msg }) => msg === 'request')).toEqual([
    {
      level: 'debug',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      method: 'GET',
      path: '/api/v1/tokens',
      status: response.status,
      ms: expect.any(Number),
      request_id: response.headers.get('x-request-id'),
      msg: 'request',
    },
  ]);
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a client that goes away in the middle of its body is no error of ours', async () => {
  const app = await open();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    },
  });
  const headers = { 'Content-Type': 'application/json' };
  expect((await app.ask('/api/v1/tokens', { as: app.dev, headers, body })).status).toBe(400);
  expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('a route that the access table does not name answers nobody', async () => {
  const app = await open();
  app.hono.get('/api/v1/forgotten', (c) => c.text('forgotten route reached'));
  for (const headers of [{}, app.session, { Authorization: `Bearer ${app.root.session}` }]) {
    const response = await app.get('/api/v1/forgotten', headers);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('forgotten route reached');
  }
});

test('each request has an id of its own; only a trusted proxy may bring one, if it is sane', async () => {
  const app = await open();
  const idOf = async (brought: string, ip: string) =>
    (await app.get('/healthz', { 'X-Request-Id': brought }, ip)).headers.get('x-request-id');
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  expect(await idOf('from-proxy', '127.0.0.1')).toBe('from-proxy');
  expect(await idOf('from-stranger', '203.0.113.9')).toMatch(uuid);
  for (const bad of ['', 'x'.repeat(129), 'a b', '<script>', 'a"b', 'é']) {
    expect(await idOf(bad, '127.0.0.1')).toMatch(uuid);
  }
});

test('a request is one debug line: method, path without query, status, milliseconds', async () => {
  const app = await open();
  await app.get('/api/v1/tokens?user=somebody@example.com', app.session);
  const lines = app.logLines.filter((line) => line.includes('/api/v1/tokens'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'debug',
    method: 'GET',
    path: '/api/v1/tokens',
    status: 403,
    ms: expect.any(Number),
  });
  expect(lines[0]).not.toContain('somebody');
});

test('the process is healthy without its database, and ready only with a current schema', async () => {
  const behind = await open(() => ({ store: { ping: async () => {}, schemaIsCurrent: async () => false } }));
  expect((await behind.get('/healthz')).status).toBe(200);
  expect(await jsonOf(behind.get('/readyz'))).toMatchObject({ status: 503, code: 'unavailable' });
  const down = await open(() => ({
    store: { ping: () => Promise.reject(new StoreUnavailable('down')), schemaIsCurrent: async () => true },
  }));
  expect((await down.get('/healthz')).status).toBe(200);
  expect((await down.get('/readyz')).status).toBe(503);
  const fine = await open();
  expect(await jsonOf(fine.get('/readyz'))).toEqual({ status: 'ok' });
});

test('browsers are told to stay on https only where the public address is https', async () => {
  const secure = await open();
  expect((await secure.get('/healthz')).headers.get('strict-transport-security')).toBe('max-age=15552000');
  const plain = await open(({ config }) => ({ config: { ...config, publicUrl: 'http://127.0.0.1:8420' } }));
  expect((await plain.get('/healthz')).headers.has('strict-transport-security')).toBe(false);
});

test('obtain-token is mounted at both spellings', async () => {
  const app = await open();
  for (const path of ['/api-token-auth', '/api-token-auth/']) {
    const response = await app.ask(path, { json: { username: 'dev@example.com', password: app.dev.password } });
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toEqual({ token: expect.stringMatching(/^tok_[0-9A-Za-z]{38}$/) });
  }
});

test('a body whose connection broke off before it was read is the client’s failure, and no failure of ours in the log', async () => {
  for (const [complete, destroyed, status] of [
    [false, false, 400],
    [true, true, 400],
    [true, false, 500],
  ] as const) {
    const app = await open(({ services }) => ({
      users: { ...services.users, me: () => Promise.reject(new TypeError('Body is unusable')) },
    }));
    const rawHeaders = Object.entries(app.session).flat();
    const incoming = { complete, rawHeaders, socket: { remoteAddress: '::1', destroyed } };
    expect((await app.hono.request('/api/v1/me', { headers: app.session }, { incoming })).status).toBe(status);
    expect(app.logLines.join('').includes('"level":"error"')).toBe(status === 500);
  }
});
