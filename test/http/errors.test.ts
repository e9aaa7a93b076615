import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../server/http/app.ts';
import type { AppDeps } from '../../server/http/context.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { jsonOf, openTestApp } from '../helpers/app/app.ts';

const secret = 'tok_8fK2b1QzAAAAAAAAAAAAAAAAAAAAAAAA0000aaaaaa'.slice(0, 42);

/** Opens the app with some collaborators replaced by broken ones. */
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

it('returns 503 if the database does not respond, and logs the cause', async () => {
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

it('logs an outage of the database when it begins and when it ends, however many requests fail', async () => {
  let down = true;
  const app = await open(({ services }) => ({
    sessions: {
      ...services.sessions,
      authenticate: (secret) =>
        down ? Promise.reject(new StoreUnavailable('The database is locked')) : services.sessions.authenticate(secret),
    },
  }));
  const lines = (level: string) =>
    app.logLines.map((line) => JSON.parse(line)).filter((line: { level: string }) => line.level === level);
  for (let turn = 0; turn < 50; turn += 1) await app.get('/api/v1/me', app.session);
  const [first, ...more] = lines('error');
  expect(more).toEqual([]);
  expect(first).toMatchObject({ msg: 'requests that read get 503', request_id: expect.any(String) });
  down = false;
  // A success between failures does not end the outage.
  expect((await app.get('/api/v1/me', app.session)).status).toBe(200);
  expect(lines('info')).toEqual([]);
  app.clock.advance(10_000);
  expect((await app.get('/healthz')).status).toBe(200);
  expect(lines('info')).toEqual([]);
  expect((await app.get('/api/v1/me', app.session)).status).toBe(200);
  expect(lines('info')).toMatchObject([{ msg: 'requests that read succeed again', failures: 50 }]);
  down = true;
  await app.get('/api/v1/me', app.session);
  expect(lines('error')).toHaveLength(2);
});

it('never reports an unavailable database as a wrong credential', async () => {
  const down = () => Promise.reject(new StoreUnavailable('down'));
  const app = await open(({ services }) => ({ sessions: { ...services.sessions, authenticate: down }, verify: down }));
  expect((await app.get('/api/v1/me', app.session)).status).toBe(503);
  expect((await app.get('/api/v1/token', { 'X-API-Key': secret })).status).toBe(503);
});

it('hides the details of an unexpected error and logs them under the request ID, without secrets', async () => {
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

it('logs each request as one JSON line with its ID and without its query', async () => {
  const app = await open();
  const response = await app.get('/api/v1/tokens?cursor=some-cursor', app.session);
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

it('does not log an error if a client disconnects in the middle of its body', async () => {
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

it('returns 404 to everyone for a route that is missing in the access table', async () => {
  const app = await open();
  app.hono.get('/api/v1/forgotten', (c) => c.text('forgotten route reached'));
  for (const headers of [{}, app.session, { Authorization: `Bearer ${app.root.session}` }]) {
    const response = await app.get('/api/v1/forgotten', headers);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('forgotten route reached');
  }
});

it('creates a request ID unless a trusted proxy sends a valid one', async () => {
  const app = await open();
  const idOf = async (sent: string, ip: string) =>
    (await app.get('/healthz', { 'X-Request-Id': sent }, ip)).headers.get('x-request-id');
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  expect(await idOf('from-proxy', '127.0.0.1')).toBe('from-proxy');
  expect(await idOf('from-untrusted-peer', '203.0.113.9')).toMatch(uuid);
  for (const invalid of ['', 'x'.repeat(129), 'a b', '<script>', 'a"b', 'é']) {
    expect(await idOf(invalid, '127.0.0.1')).toMatch(uuid);
  }
});

it('logs the method, path, status and duration of a request at debug level', async () => {
  const app = await open();
  await app.get('/api/v1/tokens?user=other@example.com', app.session);
  const lines = app.logLines.filter((line) => line.includes('/api/v1/tokens'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'debug',
    method: 'GET',
    path: '/api/v1/tokens',
    status: 403,
    ms: expect.any(Number),
  });
  expect(lines[0]).not.toContain('other@');
});

it('is live without a database, and ready only with a current schema', async () => {
  const outdated = await open(() => ({ store: { ping: async () => {}, schemaIsCurrent: async () => false } }));
  expect((await outdated.get('/healthz')).status).toBe(200);
  expect(await jsonOf(outdated.get('/readyz'))).toMatchObject({ status: 503, code: 'unavailable' });
  const down = await open(() => ({
    store: { ping: () => Promise.reject(new StoreUnavailable('down')), schemaIsCurrent: async () => true },
  }));
  expect((await down.get('/healthz')).status).toBe(200);
  expect((await down.get('/readyz')).status).toBe(503);
  const ready = await open();
  expect(await jsonOf(ready.get('/readyz'))).toEqual({ status: 'ok' });
});

it('sends Strict-Transport-Security only if the public URL uses HTTPS', async () => {
  const secure = await open();
  expect((await secure.get('/healthz')).headers.get('strict-transport-security')).toBe('max-age=15552000');
  const plain = await open(({ config }) => ({ config: { ...config, publicUrl: 'http://127.0.0.1:8420' } }));
  expect((await plain.get('/healthz')).headers.has('strict-transport-security')).toBe(false);
});

it('serves obtain-token with and without the trailing slash', async () => {
  const app = await open();
  for (const path of ['/api-token-auth', '/api-token-auth/']) {
    const response = await app.ask(path, { json: { username: 'dev@example.com', password: app.dev.password } });
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toEqual({ token: expect.stringMatching(/^tok_[0-9A-Za-z]{38}$/) });
  }
});

it('treats a body that was cut off before it was read as a client error and does not log it', async () => {
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
