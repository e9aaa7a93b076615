import { mkdtemp, rm } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServers } from '../../../server/http/internal/servers.ts';
import { send, startTestServer, type TestServer } from '../../helpers/app/http.ts';

let server: TestServer;
let value: string;
beforeAll(async () => {
  server = await startTestServer({ internalListen: { host: '127.0.0.1', port: 0 } });
  value = (await server.issue('ci')).value;
});
afterAll(() => server.stop());

const local = [['Host', 'localhost']] as const;
const verifyPaths = ['/verify/auth-request', '/verify/forward-auth', '/verify/ext-authz/builds', '/verify/ext-authz'];

describe('with an internal listener', () => {
  it.each(verifyPaths)('the public one returns 404 for %s, whether or not the token is good', async (path) => {
    for (const headers of [[], [['Authorization', `Token ${value}`]], [['Authorization', 'Token x y']]] as const) {
      const response = await server.send({ path, headers });
      expect(response.status).toBe(404);
      expect(response.all('x-auth-user')).toEqual([]);
    }
    expect(server.services.lastUsed.drain()).toEqual([]);
  });

  it('the public one returns 404 for /metrics, even from loopback', async () => {
    expect((await server.send({ path: '/metrics', headers: local })).status).toBe(404);
  });

  it('the public one returns no 401 for a message to /verify that is not valid HTTP', async () => {
    const message = 'GET /verify/auth-request HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n';
    expect((await server.exchange(message)).text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('the public one still serves health checks, the console, the API and introspection', async () => {
    const statusOf = async (path: string, method = 'GET') => (await server.send({ path, method })).status;
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(200);
    expect(await statusOf('/login')).toBe(200);
    expect(await statusOf('/api/v1/token')).toBe(401);
    expect(await statusOf('/oauth/introspect', 'POST')).toBe(400);
  });

  it.each(verifyPaths)('the internal one verifies at %s', async (path) => {
    const headers = [['Authorization', `Bearer ${value}`]] as const;
    expect((await send(server.internalPort, { path, headers })).status).toBe(200);
    expect((await send(server.internalPort, { path })).status).toBe(401);
  });

  it('the internal one serves metrics, health checks and introspection', async () => {
    const statusOf = async (path: string, method = 'GET') =>
      (await send(server.internalPort, { path, method, headers: local })).status;
    expect(await statusOf('/metrics')).toBe(200);
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(200);
    expect(await statusOf('/oauth/introspect', 'POST')).toBe(400);
    expect(await statusOf('/healthz', 'POST')).toBe(405);
  });

  it('the internal one serves nothing else', async () => {
    const paths = [
      '/',
      '/login',
      '/api/v1/me',
      '/api/v1/sessions',
      '/api-token-auth/',
      '/openapi.json',
      '/oauth/token',
    ];
    for (const path of [...paths, '/assets/console.css', '/.well-known/oauth-authorization-server']) {
      expect((await send(server.internalPort, { path, headers: [['Accept', 'text/html']] })).status).toBe(404);
    }
  });

  it('the internal one keeps the rules for metrics', async () => {
    const statusOf = async (headers: ReadonlyArray<readonly [string, string]>) =>
      (await send(server.internalPort, { path: '/metrics', headers })).status;
    expect(await statusOf([['Host', 'evil.example']])).toBe(403);
    expect(await statusOf([...local, ['X-Forwarded-For', '203.0.113.9']])).toBe(403);
  });
});

describe('a listener on a Unix socket', () => {
  let directory: string;
  let unix: TestServer;
  const stops: Array<() => unknown> = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokensd-socket-'));
    unix = await startTestServer({ trustedProxies: [] });
    const config = { ...unix.config, internalListen: { socket: join(directory, 'internal') } };
    const { internalServer } = createServers({ ...unix.deps, config });
    if (internalServer !== null) await listenAt('internal', internalServer);
    const { server } = createServers(unix.deps);
    await listenAt('public', server);
  });
  afterAll(async () => {
    for (const stop of stops) stop();
    await unix.stop();
    await rm(directory, { recursive: true });
  });

  async function listenAt(name: string, server: Server): Promise<void> {
    await new Promise<void>((resolve) => server.listen({ path: join(directory, name) }, resolve));
    stops.push(() => server.close());
  }

  function ask(
    name: 'internal' | 'public',
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const options = { socketPath: join(directory, name), path, method, headers, agent: false };
      const outgoing = request(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      outgoing.once('error', reject).end(body && JSON.stringify(body));
    });
  }

  it.each(['internal', 'public'] as const)('takes its peers for trusted proxies (%s)', async (name) => {
    const issued = await unix.issue(`unix ${name}`);
    const headers = {
      Authorization: `Token ${issued.value}`,
      'X-Original-Method': 'PUT',
      'X-Original-URI': '/deploy/7?x=1',
      'X-Forwarded-For': '6.6.6.6, 203.0.113.9',
    };
    expect(await ask(name, '/verify/auth-request', headers)).toBe(200);
    expect(unix.services.lastUsed.drain()).toMatchObject([{ method: 'PUT', path: '/deploy/7', ip: '203.0.113.9' }]);
    const { Authorization } = headers;
    expect(await ask(name, '/verify/auth-request', { Authorization })).toBe(200);
    expect(unix.services.lastUsed.drain()).toMatchObject([{ method: null, path: null, ip: null }]);
  });

  it('records the addresses of clients that they forward, and no address without one', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const wrong = { email: unix.dev.email, password: 'wrong' };
    expect(await ask('public', '/api/v1/sessions', { ...headers, 'X-Forwarded-For': '203.0.113.9' }, wrong)).toBe(401);
    expect(await ask('public', '/api/v1/sessions', headers, wrong)).toBe(401);
    const response = await unix.ask('/api/v1/audit?action=session.failed', { as: unix.root });
    const { items } = (await response.json()) as { items: Array<{ ip: string | null }> };
    expect(items.map(({ ip }) => ip)).toEqual([null, '203.0.113.9']);
  });

  it('shows them the metrics, unless the request was forwarded', async () => {
    expect(await ask('internal', '/metrics', { Host: 'tokensd' })).toBe(200);
    expect(await ask('internal', '/metrics', { 'X-Forwarded-For': '203.0.113.9' })).toBe(403);
    expect(await ask('public', '/metrics', { 'X-Forwarded-For': '203.0.113.9' })).toBe(403);
  });

  it('shows the metrics at the public socket only for a loopback host, which clients of a proxy do not name', async () => {
    expect(await ask('public', '/metrics', { Host: 'localhost' })).toBe(200);
    expect(await ask('public', '/metrics', { Host: 'tokens.example.com' })).toBe(403);
  });

  it('trusts no TCP peer for having no address', () => {
    expect(unix.clientIp.isTrusted(undefined)).toBe(false);
  });
});
