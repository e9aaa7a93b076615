import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type Fields, startTestServer } from '../../helpers/app/http.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';

const day = 24 * 60 * 60 * 1000;

let app: TestApp;
let key: TestKey;
beforeEach(async () => {
  app = await openTestApp();
  key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['apps', 'users:read']);
});
afterEach(() => app.close());

const uses = () =>
  app.services.lastUsed.drain().map(({ tokenId, method, path, ip }) => ({ tokenId, method, path, ip }));
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a management key at the API', () => {
  it('is accepted as Bearer and as Token, and each use is recorded once', async () => {
    for (const scheme of ['Bearer', 'bearer', 'Token', 'TOKEN']) {
      const response = await app.ask('/api/v1/apps?limit=5', { headers: { Authorization: `${scheme} ${key.value}` } });
      expect(response.status).toBe(200);
      expect(uses()).toEqual([{ tokenId: key.id, method: 'GET', path: '/api/v1/apps', ip: '203.0.113.9' }]);
    }
    await app.ask('/api/v1/apps', { headers: key.headers, json: { name: 'grafana' } });
    expect(uses()).toEqual([{ tokenId: key.id, method: 'POST', path: '/api/v1/apps', ip: '203.0.113.9' }]);
  });

  it('is not accepted in any other form', async () => {
    const forms: Array<Record<string, string>> = [
      { Authorization: basic(`any:${key.value}`) },
      { 'X-API-Key': key.value },
      { 'X-Tokens-Authorization': key.value },
      { Cookie: `session=${key.value}` },
      { Authorization: `Bearer ${key.value}`, 'X-API-Key': key.value },
    ];
    for (const headers of forms) {
      for (const path of ['/api/v1/apps', '/api/v1/token']) {
        expect((await app.ask(path, { headers })).status).toBe(401);
      }
    }
    expect((await app.ask(`/api/v1/apps?access_token=${key.value}`)).status).toBe(401);
    expect(uses()).toEqual([]);
  });

  it('shows apps as a superuser sees them, and names itself in the audit log', async () => {
    const created = await app.ask('/api/v1/apps', {
      headers: key.headers,
      json: { name: 'grafana', groups: ['devs'] },
    });
    expect(await jsonOf(created)).toMatchObject({ name: 'grafana', groups: ['devs'] });
    const { items } = await jsonOf<{ items: unknown[] }>(app.ask('/api/v1/audit?limit=1', { as: app.root }));
    const actor = {
      kind: 'service-account',
      id: key.account.id,
      email: 'service-account:platform',
      token: 'terraform',
    };
    expect(items).toMatchObject([{ action: 'app.created', actor, ip: '203.0.113.9' }]);
  });

  it('finds what the service account did by its ID in the audit log', async () => {
    await app.ask('/api/v1/apps', { headers: key.headers, json: { name: 'grafana' } });
    const found = await jsonOf<{ items: unknown[] }>(app.ask(`/api/v1/audit?user=${key.account.id}`, { as: app.root }));
    expect(found.items).toMatchObject([{ action: 'app.created' }]);
  });

  it.each([
    ['revoked', async () => app.ask('/api/v1/token', { method: 'DELETE', headers: key.headers })],
    ['expired', async () => app.clock.advance(91 * day)],
    ['paused', async () => app.ask(`/api/v1/tokens/${key.id}/pause`, { as: app.root, json: {} })],
    ['of a disabled account', async () => app.store.serviceAccounts.setDisabled(key.account.id, true)],
  ])('gets 401 once it is %s', async (_state, end) => {
    await end();
    const response = await app.ask('/api/v1/apps', { headers: key.headers });
    expect([response.status, (await jsonOf(response)).code]).toEqual([401, 'not-authenticated']);
  });

  it('becomes idle if nobody uses it, and stays active while it is used', async () => {
    await app.close();
    app = await openTestApp({ maxIdle: (10 * day) / 1000 });
    const account = await storeServiceAccount(app, 'platform');
    const [used, unused] = [
      await storeKey(app, account, ['apps'], { name: 'used' }),
      await storeKey(app, account, ['apps'], { name: 'unused' }),
    ];
    for (let week = 0; week < 3; week += 1) {
      app.clock.advance(7 * day);
      expect((await app.ask('/api/v1/apps', { headers: used.headers })).status).toBe(200);
      await app.store.tokens.recordUses(app.services.lastUsed.drain(), app.clock.now());
    }
    expect((await app.ask('/api/v1/apps', { headers: unused.headers })).status).toBe(401);
  });

  it('reads, rotates and revokes itself, and may not rotate itself without self_rotate', async () => {
    const { manage, networks } = await jsonOf(app.ask('/api/v1/token', { headers: key.headers }));
    expect({ manage, networks }).toEqual({ manage: ['apps', 'users:read'], networks: null });
    const rotated = await app.ask('/api/v1/token/rotate', { headers: key.headers, json: { overlap: 0 } });
    expect(rotated.status).toBe(201);
    const { token } = await jsonOf<{ token: string }>(rotated);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await app.ask('/api/v1/apps', { headers })).status).toBe(200);
    expect((await app.ask('/api/v1/apps', { headers: key.headers })).status).toBe(401);
    expect((await app.ask('/api/v1/token', { method: 'DELETE', headers })).status).toBe(204);
    const fixed = await storeKey(app, key.account, ['apps'], { name: 'fixed', selfRotate: false });
    const refused = await app.ask('/api/v1/token/rotate', { headers: fixed.headers, json: {} });
    expect([refused.status, (await jsonOf(refused)).code]).toEqual([403, 'self-rotate-off']);
  });

  it('learns at /api/v1/token that no app accepts it', async () => {
    const asked = await jsonOf(app.ask('/api/v1/token?method=GET&path=/a', { headers: key.headers }));
    expect(asked.decision).toEqual({ allowed: false, reason: 'management', would_deny: null });
  });
});

describe('a management key at an app', () => {
  it('gets 403 on every verify route and {"active":false} from introspection, and the denials are counted', async () => {
    const server = await startTestServer();
    try {
      const owned = await storeKey(server, await storeServiceAccount(server, 'platform'), ['apps']);
      await server.ask('/api/v1/apps', { as: server.root, json: { name: 'grafana', preflight: 'pass' } });
      const routes = ['auth-request', 'forward-auth', 'ext-authz/a'];
      for (const path of routes.flatMap((route) => [`/verify/${route}`, `/verify/apps/grafana/${route}`])) {
        const headers: Fields = [['Authorization', `Bearer ${owned.value}`]];
        const { status, headers: answer, body } = await server.send({ path, headers });
        expect([path, status, answer['x-tokens-reason']]).toEqual([path, 403, 'management']);
        expect(JSON.parse(body)).toEqual({ detail: 'You do not have permission to perform this action.' });
        expect(Object.keys(answer).filter((name) => name.startsWith('x-auth'))).toEqual([]);
      }
      const client = await jsonOf<{ client_id: string; client_secret: string }>(
        server.ask('/api/v1/clients', { as: server.root, json: { name: 'gateway' } }),
      );
      const introspected = await server.send({
        method: 'POST',
        path: '/oauth/introspect',
        headers: [
          ['Authorization', basic(`${client.client_id}:${client.client_secret}`)],
          ['Content-Type', 'application/x-www-form-urlencoded'],
        ],
        body: `token=${owned.value}&method=GET&path=/a`,
      });
      expect(introspected.body).toBe('{"active":false}');
      expect(server.services.lastUsed.drain()).toEqual([]);
      await server.services.recordUsage.flush();
      const usage = await jsonOf(server.ask(`/api/v1/tokens/${owned.id}/usage`, { as: server.root }));
      expect(usage.denied).toEqual({ management: routes.length * 2 + 1 });
    } finally {
      await server.stop();
    }
  });
});

it('lists the scope of each operation in the OpenAPI document', async () => {
  interface Operation {
    security?: Array<Record<string, string[]>>;
  }
  const { paths } = await jsonOf<{ paths: Record<string, Record<string, Operation>> }>(app.ask('/openapi.json'));
  const scopeOf = (path: string, method: string) =>
    paths[path]?.[method]?.security?.flatMap(({ managementKey = [] }) => managementKey);
  expect(scopeOf('/api/v1/users', 'post')).toEqual(['users:write']);
  expect(scopeOf('/api/v1/users', 'get')).toEqual(['users:read']);
  expect(scopeOf('/api/v1/audit', 'get')).toEqual(['audit:read']);
  expect(scopeOf('/api/v1/me', 'get')).toEqual([]);
  expect(scopeOf('/api/v1/users/{id}/totp', 'delete')).toEqual([]);
});
