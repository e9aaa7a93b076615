import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessTable } from '../server/http/middleware/access.ts';
import { openSqlite } from '../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../server/store/knex/store.ts';
import { migrations } from '../server/store/migrations/all.ts';
import { pageAccess } from '../server/web/shell/access.ts';
import { type Ask, openTestApp, type TestApp } from './helpers/app/app.ts';
import { beginDevice, deviceGrant, pollDevice } from './helpers/app/oauth.ts';
import { routesOf } from './helpers/app/routes.ts';
import { ssoConfig } from './helpers/app/sso.ts';
import { openConsole, sessionCookieName } from './helpers/console/pages.ts';
import { exchangeGrant, jwtType } from './helpers/exchange/exchange-world.ts';

/** Every statement that begins a transaction or may change a row, in order. */
const writes: string[] = [];
let app: TestApp;
let close: () => Promise<void>;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-writes-'));
  const engine = await openSqlite(`sqlite:${join(directory, 'tokens.db')}`);
  const store = createKnexStore(engine, migrations);
  await store.migrate();
  close = async () => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  const opened = Promise.resolve({ store, path: '', close });
  // No identity provider listens there.
  app = await openTestApp({ oidc: ssoConfig('http://127.0.0.1:9') }, opened);
  // Only the writer reports here. SELECTs outside transactions run on other connections.
  engine.knex.on('query', ({ sql }: { sql: string }) => writes.push(sql));
});
afterAll(() => close());
beforeEach(() => {
  writes.length = 0;
});

const body = 'A'.repeat(43);
const password = 'correct horse battery staple';
const form = (fields: Record<string, string>): Ask => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
});
const client = { client_id: 'tokens' };
const exchange = { ...client, redirect_uri: 'http://127.0.0.1:1/callback', code_verifier: body };
const setPassword = { password, again: password };

/** What a browser returns for a passkey that is not known here. */
const passkeyResponse = JSON.stringify({
  id: body,
  rawId: body,
  type: 'public-key',
  response: {
    clientDataJSON: Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge: body })).toString('base64url'),
    authenticatorData: body,
    signature: body,
    userHandle: body,
  },
});

/** What somebody without credentials could send to each route: well-formed values that do not exist, and broken ones. */
const requests: Record<string, Ask[]> = {
  'GET /healthz': [{}],
  'GET /readyz': [{}],
  'GET /openapi.json': [{}],
  'GET /schemas/organization.json': [{}],
  'GET /api/v1/openapi.json': [{}],
  'GET /.well-known/oauth-authorization-server': [{}],
  'ALL /api-token-auth': [{}, { json: { username: 'x' } }, { method: 'OPTIONS' }],
  'ALL /api-token-auth/': [{ json: {} }, { headers: { Authorization: 'Token tok_x' }, json: {} }],
  'POST /api/v1/sessions': [{ json: {} }, { json: { email: 'nobody', password: '' } }],
  'POST /oauth/revoke': [form({ token: 'x', client_id: 'client_x', client_secret: `secret_${body}` }), form({})],
  'POST /oauth/device_authorization': [form({ client_id: 'other' }), form({})],
  'POST /oauth/token': [
    form({ ...client, grant_type: deviceGrant, device_code: `device_${body}` }),
    form({ ...client, grant_type: deviceGrant, device_code: 'device_x' }),
    form({ ...exchange, grant_type: 'authorization_code', code: `code_${body}` }),
    form({ ...exchange, grant_type: 'authorization_code', code: 'code_x' }),
    form({ ...client, grant_type: 'refresh_token', refresh_token: 'x' }),
    form({ grant_type: exchangeGrant, subject_token: 'x.y.z', subject_token_type: jwtType }),
    // Well-formed, of an issuer that no trust names.
    form({
      grant_type: exchangeGrant,
      subject_token: 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.AAAA',
      subject_token_type: jwtType,
    }),
  ],
  'POST /sso/backchannel-logout': [form({ logout_token: `${body}.${body}.${body}` }), form({})],
  'GET /': [{}],
  'GET /login': [{}],
  'POST /login': [form({ email: '', password: '' })],
  'GET /login/code': [{}],
  'POST /login/code': [form({ code: '000000' })],
  'POST /login/code/passkey': [form({ response: passkeyResponse }), form({ response: '{}' }), form({})],
  'POST /login/code/passkey/options': [form({})],
  'POST /login/passkey': [form({ response: passkeyResponse }), form({ response: '{}' }), form({})],
  'POST /login/passkey/options': [form({})],
  'GET /login/set-up': [{}],
  'POST /login/set-up': [form({ code: '000000' })],
  'POST /login/set-up/passkey': [
    form({ name: 'Laptop', response: passkeyResponse }),
    form({ response: '{}' }),
    form({}),
  ],
  'POST /login/set-up/passkey/options': [form({})],
  'GET /login/sso': [{}],
  'GET /login/sso/callback': [{}],
  'GET /password/forgot': [{}],
  'POST /password/forgot': [form({ email: 'nobody@example.com' })],
  'GET /password/reset': [{}],
  'POST /password/reset': [
    form({ token: `reset_${body}`, ...setPassword }),
    form({ token: 'reset_x', ...setPassword }),
  ],
  'GET /invitation': [{}],
  'POST /invitation': [form({ token: `invitation_${body}`, ...setPassword }), form({ token: 'x', ...setPassword })],
  'GET /recover': [{}],
  'POST /recover': [form({ token: `recover_${body}`, ...setPassword }), form({ token: 'x', ...setPassword })],
};
/** Queries that a link would have. */
const queries: Record<string, string[]> = {
  'GET /login/sso/callback': [`?code=x&state=${body}`, '?error=x'],
  'GET /password/reset': [`?token=reset_${body}`, '?token=reset_x'],
  'GET /invitation': [`?token=invitation_${body}`, '?token=x'],
  'GET /recover': [`?token=recover_${body}`, '?token=x'],
};

const open = [...Object.entries(accessTable), ...Object.entries(pageAccess)].filter(
  ([, access]) => access === 'anyone',
);

/** Sends a request as a browser that was never here before. Its cookies name a session and a sign-in that do not exist. */
async function send(key: string, ask: Ask, query: string): Promise<void> {
  const [method = '', path = ''] = key.split(' ');
  const visitor = openConsole(app);
  const { html } = await visitor.get('/login');
  const cookies = [
    ...visitor.cookies,
    ['__Host-tokens_step', `step_${body}`],
    [sessionCookieName(app), `session_${body}`],
  ];
  const isPage = Object.hasOwn(pageAccess, key);
  const token = /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
  const headers = {
    ...(isPage && {
      Cookie: cookies
        .slice(0, -1)
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
    }),
    'Sec-Fetch-Site': 'same-origin',
    ...(ask.headers as Record<string, string>),
  };
  const content = isPage && typeof ask.body === 'string' ? `${ask.body}&form_token=${token}` : ask.body;
  const options = { method: method === 'ALL' ? 'POST' : method, ...ask, headers, ...(content && { body: content }) };
  const response = await app.ask(`${path}${query}`, options);
  expect(await response.text(), key).not.toContain('form was not sent from');
}

const isTicket = (sql: string) => sql.startsWith('insert into `tickets`');
const isEvent = (sql: string) => sql.startsWith('insert into `audit`');
/** One statement in the transaction of an audit event queues it for webhooks. */
const isDelivery = (sql: string) => sql.startsWith('insert into webhook_deliveries');

describe('requests without credentials', () => {
  it('have an example for each route and page that anyone may use', () => {
    const routed = routesOf(app.app).map(({ method, path }) => `${method} ${path}`);
    expect(open.map(([key]) => key).filter((key) => !routed.includes(key))).toEqual([]);
    expect(Object.keys(requests).sort()).toEqual(open.map(([key]) => key).sort());
  });

  it.each(open.map(([key]) => key))('do not reach the writer: %s', async (key) => {
    for (const query of queries[key] ?? ['']) {
      for (const ask of requests[key] ?? []) for (let turn = 0; turn < 5; turn += 1) await send(key, ask, query);
    }
    // A failed sign-in is audited. All of these are for one account, so the rate limit ends them.
    const audited = ['POST /login', 'POST /api/v1/sessions'].includes(key) ? 5 : 0;
    // Each sign-in with a passkey begins with a challenge. The test below shows how many a network gets.
    const challenges = key === 'POST /login/passkey/options' ? 5 : 0;
    expect(writes.filter(isTicket)).toHaveLength(challenges);
    expect(writes.filter((sql) => !isEvent(sql) && !isDelivery(sql) && !isTicket(sql))).toEqual([]);
    expect(writes.filter(isEvent).length).toBeLessThanOrEqual(audited);
    expect(writes.filter(isDelivery)).toHaveLength(writes.filter(isEvent).length);
  });

  it('do not reach the writer with a session that does not exist', async () => {
    const headers = { Authorization: `Bearer session_${body}` };
    for (let turn = 0; turn < 20; turn += 1) expect((await app.ask('/api/v1/me', { headers })).status).toBe(401);
    expect(writes).toEqual([]);
  });
});

describe('requests with a valid code', () => {
  it('do not reach the writer when a device polls, however often', async () => {
    const device = await beginDevice(app);
    writes.length = 0;
    for (let turn = 0; turn < 50; turn += 1) expect((await pollDevice(app, device)).status).toBe(400);
    expect(writes).toEqual([]);
  });

  it('reach the writer sixty times in ten minutes when a network asks for device codes', async () => {
    const ask = { ...form(client), ip: '198.51.100.7' };
    const statuses: number[] = [];
    for (let turn = 0; turn < 80; turn += 1) statuses.push((await app.ask('/oauth/device_authorization', ask)).status);
    expect(statuses).toEqual([...Array(60).fill(200), ...Array(20).fill(429)]);
    expect(writes).toHaveLength(60);
  });
});

describe('requests for challenges', () => {
  it('reach the writer three hundred times in ten minutes from one network', async () => {
    const visitor = openConsole(app);
    const { html } = await visitor.get('/login');
    const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
    writes.length = 0;
    let refused = 0;
    for (let turn = 0; turn < 310; turn += 1) {
      if ((await visitor.post('/login/passkey/options', { form_token })).status === 429) refused += 1;
    }
    // The test of every route has asked before.
    expect(writes.filter(isTicket).length).toBe(310 - refused);
    expect(refused).toBeGreaterThanOrEqual(10);
  });
});

describe('failed sign-ins', () => {
  it('reach the writer once for each attempt that the rate limit allows', async () => {
    const wrong = { email: 'nobody@example.com', password: 'guess me' };
    for (let turn = 0; turn < 30; turn += 1) await app.ask('/api/v1/sessions', { json: wrong, ip: '198.51.100.8' });
    expect(writes.filter(isEvent).length).toBeLessThanOrEqual(5);
    expect(writes.filter(isDelivery)).toHaveLength(writes.filter(isEvent).length);
  });

  it('are audited a hundred times in an hour for a range of addresses, and then again', async () => {
    const fail = (ip: string) =>
      app.services.auditFailedSignIn({
        at: app.clock.now(),
        actor: { kind: 'anonymous', id: null, email: null },
        clientInfo: { ip, userAgent: null },
        user: null,
      });
    for (let turn = 0; turn < 150; turn += 1) await fail(`2001:db8:7:${turn.toString(16)}::1`);
    expect(writes.filter(isEvent)).toHaveLength(100);
    await fail('2001:db8:8::1');
    await fail('::ffff:192.0.2.1');
    expect(writes.filter(isEvent)).toHaveLength(102);
    expect(writes).toHaveLength(204);
  });
});
