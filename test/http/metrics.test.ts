import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../server/observability/metrics.ts';
import { openStore } from '../../server/store/open.ts';
import { jsonOf } from '../helpers/app/app.ts';
import { send, startTestServer, type TestServer } from '../helpers/app/http.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { storeSession } from '../helpers/sign-in/stored-session.ts';
import { sessionRecord } from '../store/contract/records.ts';

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(settings = {}): Promise<TestServer> {
  const server = await startTestServer(settings);
  stops.push(server.stop);
  return server;
}

async function metricsOf(server: TestServer): Promise<string> {
  const { status, headers, body } = await server.send({ path: '/metrics', headers: [['Host', 'localhost']] });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  return body;
}

const numberAt = (text: string, series: string) => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
const verificationsAt = (text: string, route: string, outcome: string) =>
  numberAt(text, `tokensd_verifications_total{route="${route}",outcome="${outcome}"}`);

describe('GET /metrics', () => {
  it('counts verifications by route and outcome, and records durations and batch sizes', async () => {
    const server = await start();
    const { value, token } = await server.issue('ci');
    const ask = (path: string, authorization?: string) =>
      server.send({ path, headers: authorization === undefined ? [] : [['Authorization', authorization]] });
    await ask('/verify/forward-auth', `Token ${value}`);
    await ask('/verify/forward-auth', `Bearer ${value}`);
    await ask('/verify/auth-request', `Token ${value}`);
    await ask('/verify/auth-request');
    await ask('/verify/ext-authz/x', 'Token a b');
    await ask('/verify/ext-authz/x', 'Token nothing');
    await ask('/api/v1/token', `Token ${value}`);
    await server.services.tokens.revoke(
      {
        user: (await server.store.users.findById(server.dev.id)) ?? expect.fail(),
        sessionId: await storeSession(server.store, server.services.sessionLifetimes, {
          userId: server.dev.id,
          at: server.clock.now(),
        }),
        clientInfo: { ip: null, userAgent: null },
        channel: 'cli',
      },
      token.id,
    );
    await ask('/verify/forward-auth', `Token ${value}`);
    const text = await metricsOf(server);
    const verifications = (route: string, outcome: string) => verificationsAt(text, route, outcome);
    expect(verifications('forward-auth', 'ok')).toBe(2);
    expect(verifications('forward-auth', 'revoked')).toBe(1);
    expect(verifications('auth-request', 'ok')).toBe(1);
    expect(verifications('auth-request', 'missing')).toBe(1);
    expect(verifications('ext-authz', 'malformed')).toBe(1);
    expect(verifications('ext-authz', 'unknown')).toBe(1);
    expect(verifications('token', 'ok')).toBe(1);
    expect(numberAt(text, 'tokensd_verification_duration_seconds_count{route="forward-auth"}')).toBe(3);
    expect(numberAt(text, 'tokensd_lookup_batch_size_count')).toBe(5);
    expect(numberAt(text, 'tokensd_last_used_waiting')).toBe(1);
  });

  it('counts the verifications on every route that accepts a token', async () => {
    const server = await start();
    const { value } = await server.issue('ci');
    const client = await server.ask('/api/v1/clients', { as: server.root, json: { name: 'gateway' } });
    const { client_id, client_secret } = await jsonOf<{ client_id: string; client_secret: string }>(client);
    const introspect = (token: string) =>
      server.send({
        method: 'POST',
        path: '/oauth/introspect',
        headers: [['Content-Type', 'application/x-www-form-urlencoded']],
        body: String(new URLSearchParams({ client_id, client_secret, token })),
      });
    const present = (method: string, path: string, token: string) =>
      server.send({ method, path, headers: [['Authorization', `Token ${token}`]] });
    await introspect('junk');
    await introspect(value);
    const requests: Array<[route: string, method: string, path: string]> = [
      ['auth-request', 'GET', '/verify/auth-request'],
      ['forward-auth', 'GET', '/verify/forward-auth'],
      ['ext-authz', 'GET', '/verify/ext-authz/builds'],
      ['api-token-auth', 'POST', '/api-token-auth/'],
      ['api', 'GET', '/api/v1/me'],
      ['token', 'DELETE', '/api/v1/token'],
    ];
    for (const [, method, path] of requests) {
      await present(method, path, 'junk');
      await present(method, path, value);
    }
    const text = await metricsOf(server);
    for (const route of ['introspection', ...requests.map(([name]) => name)]) {
      expect({ route, ok: verificationsAt(text, route, 'ok') }).toEqual({ route, ok: 1 });
      expect({ route, unknown: verificationsAt(text, route, 'unknown') }).toEqual({ route, unknown: 1 });
    }
  });

  it.each(['GET /verify/forward-auth', 'GET /api/v1/token', 'GET /api/v1/me', 'POST /api-token-auth/'])(
    'counts a verification at %s as unavailable if the database does not respond',
    async (request) => {
      const [method = '', path = ''] = request.split(' ');
      const server = await start();
      const { value } = await server.issue('ci');
      await server.store.close();
      const headers = [['Authorization', `Token ${value}`]] as const;
      expect((await server.send({ method, path, headers })).status).toBe(503);
      expect(await metricsOf(server)).toMatch(/^tokensd_verifications_total\{route=".+",outcome="unavailable"\} 1$/m);
    },
  );

  it('counts queued mail, sign-ins, changes and other responses', async () => {
    const server = await start();
    const { ask, root, dev, clock } = server;
    await ask('/api/v1/sessions', { json: { email: dev.email, password: 'wrong' } });
    await ask('/api/v1/sessions', { json: { email: dev.email, password: dev.password } });
    await ask('/api/v1/tokens', { as: dev, json: { name: 'one' } });
    await ask('/api/v1/tokens', { as: dev, json: { name: 'one' } });
    clock.advance(90_000);
    await ask('/api/v1/tokens', { as: root, json: { name: 'two' } });
    const text = await metricsOf(server);
    expect(numberAt(text, 'tokensd_outbox_messages{state="waiting"}')).toBe(2);
    expect(numberAt(text, 'tokensd_outbox_messages{state="dead"}')).toBe(0);
    expect(numberAt(text, 'tokensd_outbox_oldest_age_seconds')).toBe(90);
    expect(numberAt(text, 'tokensd_events_total{action="session.created"}')).toBe(1);
    expect(numberAt(text, 'tokensd_events_total{action="session.failed"}')).toBe(1);
    expect(numberAt(text, 'tokensd_events_total{action="token.created"}')).toBe(2);
    expect(numberAt(text, 'tokensd_http_responses_total{method="POST",status="409"}')).toBe(1);
    expect(numberAt(text, 'tokensd_build_info{version="0.0.0"}')).toBe(1);
  });

  it('counts service accounts without a maintainer', async () => {
    const server = await start();
    const { ask, root, dev } = server;
    for (const name of ['ci', 'nightly']) await ask('/api/v1/service-accounts', { as: root, json: { name } });
    const maintained = { name: 'kept', maintainers: [dev.email] };
    expect((await ask('/api/v1/service-accounts', { as: root, json: maintained })).status).toBe(201);
    expect(numberAt(await metricsOf(server), 'tokensd_service_accounts_orphaned')).toBe(2);
  });

  it('exposes no value, name, ID or email address', async () => {
    const server = await start();
    const { value, token } = await server.issue('secret-project');
    await server.send({ path: '/verify/forward-auth', headers: [['Authorization', `Token ${value}`]] });
    await server.ask('/api/v1/me', { as: server.dev });
    await server.ask('/no/such/path', { method: 'BREW' });
    const body = await metricsOf(server);
    const { dev, root } = server;
    const sensitive = [
      value,
      value.slice(0, 12),
      token.id,
      token.name,
      dev.id,
      dev.email,
      root.email,
      '203.0.113.9',
      'BREW',
    ];
    for (const text of sensitive) expect(body).not.toContain(text);
  });

  it('allows loopback and trusted proxies, but not requests that they forward', async () => {
    const server = await start({ trustedProxies: ['10.0.0.5/32'] });
    const from = (ip: string, headers: Record<string, string> = {}) =>
      server.ask('/metrics', { ip, headers, host: 'localhost' }).then(({ status }) => status);
    expect(await from('127.0.0.1')).toBe(200);
    expect(await from('::1')).toBe(200);
    expect(await from('::ffff:127.0.0.1')).toBe(200);
    expect(await from('10.0.0.5')).toBe(200);
    for (const ip of ['203.0.113.9', '10.0.0.6', '192.168.1.1']) expect(await from(ip)).toBe(403);
    for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'X-Forwarded-Proto']) {
      expect(await from('127.0.0.1', { [name]: '127.0.0.1' })).toBe(403);
      expect(await from('10.0.0.5', { [name]: '10.0.0.5' })).toBe(403);
    }
    const denied = await server.ask('/metrics', { ip: '203.0.113.9' });
    expect(await jsonOf(denied)).toMatchObject({ code: 'monitoring-only' });
  });

  it('allows loopback only for a loopback host, so that DNS rebinding reads nothing', async () => {
    const server = await start();
    const statusFor = async (host: string, target = '/metrics') =>
      Number(
        (await server.exchange(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).text.slice(
          9,
          12,
        ),
      );
    for (const host of ['localhost', 'localhost:8420', '127.0.0.1:8420', '127.8.8.8', '[::1]:8420']) {
      expect([host, await statusFor(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      'evil.example:8420',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 403]);
    }
    expect(await statusFor('localhost', 'http://evil.example/metrics')).toBe(403);
    expect(await statusFor('evil.example', 'http://localhost/metrics')).toBe(403);
  });

  it('denies HTTP/1.0, which nginx sends when it forwards a request without any other trace', async () => {
    const server = await start();
    const { text } = await server.exchange('GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:8420\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  });

  it.each([
    '/%6Detrics',
    '/metric%73',
    '/%2Fmetrics',
    '//metrics',
    '/./metrics',
    '/x/../metrics',
    '/x/%2e%2e/metrics',
    '/..%2fmetrics',
    '/\\metrics',
    '\\metrics',
    '/metrics/',
    '/metrics;x',
    '/METRICS',
    'http://localhost//metrics',
    'http://localhost/x/../metrics',
  ])('is not found at another spelling of its path: %s', async (target) => {
    const server = await start();
    const { text } = await server.exchange(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 40[04] /);
  });

  it('counts each verification in every bucket with a bound above its duration', async () => {
    const { metrics, send, stop } = await startTestServer();
    stops.push(stop);
    for (const ms of [0, 300, 300, 5_000]) metrics.countVerification('ext-authz', 'ok', performance.now() - ms);
    const { body } = await send({ path: '/metrics', headers: [['Host', '127.0.0.1:8420']] });
    const series = 'tokensd_verification_duration_seconds';
    const bucket = (le: string) => numberAt(body, `${series}_bucket{le="${le}",route="ext-authz"}`);
    expect(['0.1', '0.25', '0.5', '1', '2', '+Inf'].map(bucket)).toEqual([1, 1, 3, 3, 3, 4]);
    expect(numberAt(body, `${series}_count{route="ext-authz"}`)).toBe(4);
    expect(numberAt(body, `${series}_sum{route="ext-authz"}`)).toBeCloseTo(5.6, 0);
    const bounds = [...body.matchAll(/_seconds_bucket\{le="([^"]+)",route="ext-authz"\} (\d+)/g)];
    const counts = bounds.map(([, , count]) => Number(count));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(bounds.map(([, le]) => Number(le === '+Inf' ? Infinity : le))).toEqual(
      bounds.map(([, le]) => Number(le === '+Inf' ? Infinity : le)).sort((a, b) => a - b),
    );
  });

  it('counts database errors by kind', async () => {
    const { path, store, close } = await openTestStore();
    await store.close();
    const metrics = createMetrics('0.0.0');
    const failing = await openStore(`sqlite:${path}`, metrics.countDatabaseError);
    await expect(failing.sessions.insert(sessionRecord('nobody'))).rejects.toThrow();
    await failing.close();
    await expect(failing.users.findById('x')).rejects.toThrow();
    await expect(failing.users.findById('x')).rejects.toThrow();
    const { text } = await metrics.expose();
    expect(numberAt(text, 'tokensd_database_errors_total{kind="refused"}')).toBe(1);
    expect(numberAt(text, 'tokensd_database_errors_total{kind="unavailable"}')).toBe(2);
    await close();
  });

  it('responds, without the outbox gauges, while the database is down', async () => {
    const server = await start();
    await server.store.close();
    const { status } = await send(server.port, {
      path: '/api/v1/me',
      headers: [['Authorization', `Bearer ${server.dev.session}`]],
    });
    expect(status).toBe(503);
    const text = await metricsOf(server);
    expect(text).not.toMatch(/^tokensd_outbox_messages\{/m);
    expect(text).toContain('tokensd_verifications_total');
  });
});
