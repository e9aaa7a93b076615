import { expect, it } from 'vitest';
import { createToken, jsonOf } from '../../../helpers/app/app.ts';
import { change, openWithToken, read } from '../../token-changes/changes.ts';
import { addApp } from './gate.ts';

const rules = {
  apps: ['grafana', 'wiki'],
  read_only: true,
  allow: ['* /api/**', 'POST /login', 'GET /%C3%A9t%C3%A9'],
  networks: ['203.0.113.0/24', '2001:db8::/32'],
};

async function open(body: object = rules) {
  const { app } = await openWithToken();
  await addApp(app, 'grafana');
  await addApp(app, 'wiki', { groups: ['writers'] });
  await addApp(app, 'immich');
  const token = await createToken(app, app.dev, { name: 'metrics', ...body });
  const ask = async (query: Record<string, string>) => {
    const headers = { Authorization: `Token ${token.token}` };
    const response = await app.ask(`/api/v1/token?${new URLSearchParams(query)}`, { headers });
    return { status: response.status, body: await jsonOf<{ decision?: object; detail: string }>(response) };
  };
  const decide = async (query: Record<string, string>) => (await ask(query)).body.decision;
  return { app, token, ask, decide };
}

const denied = (reason: string) => ({ allowed: false, reason, would_deny: null });
const allowed = { allowed: true, reason: null, would_deny: null };

it.each([
  [{ app: 'grafana', method: 'GET', path: '/api/x', ip: '203.0.113.9' }, allowed],
  [{ app: 'grafana' }, allowed],
  [{ app: 'immich' }, denied('app')],
  [{ app: 'nowhere' }, denied('app')],
  [{ app: 'wiki', method: 'DELETE' }, denied('group')],
  [{ method: 'PROPFIND' }, allowed],
  [{ method: 'POST' }, denied('method')],
  [{ method: 'get' }, denied('method')],
  [{ method: 'GET', path: '/api/x?y=//' }, allowed],
  [{ method: 'GET', path: '/%C3%A9t%C3%A9' }, allowed],
  [{ method: 'GET', path: '/api/%2e%2e/x' }, denied('path')],
  [{ method: 'GET', path: '/été' }, denied('path')],
  [{ method: 'GET', path: '/login' }, denied('method')],
  [{ method: 'GET', path: '/x', ip: '198.51.100.1' }, denied('path')],
  [{ path: '/x' }, denied('path')],
  [{ path: '/login' }, allowed],
  [{ ip: '198.51.100.1' }, denied('network')],
  [{ ip: '::ffff:203.0.113.9' }, allowed],
  [{ ip: '2001:DB8:0::1' }, allowed],
] as Array<[Record<string, string>, object]>)('decides about the request %j', async (query, decision) => {
  const { decide } = await open();
  expect(await decide(query)).toEqual(decision);
});

it('says what rules that are not applied would deny', async () => {
  const { decide } = await open({ ...rules, enforce: false });
  expect(await decide({ method: 'POST', ip: '198.51.100.1' })).toEqual({ ...allowed, would_deny: 'method' });
  expect(await decide({ app: 'wiki' })).toEqual(denied('group'));
  expect(await decide({ app: 'nowhere' })).toEqual(denied('app'));
});

it('decides about a token without rules', async () => {
  const { decide } = await open({});
  expect(await decide({ app: 'immich', method: 'DELETE', path: '/a//b', ip: '198.51.100.1' })).toEqual(allowed);
  expect(await decide({ app: 'wiki' })).toEqual(denied('group'));
  expect(await decide({ app: 'nowhere' })).toEqual(denied('app'));
});

it.each([
  [{ ip: 'localhost' }, '?ip'],
  [{ path: 'api' }, '?path'],
  [{ method: 'GET /' }, '?method'],
])('rejects %j', async (query, pointer) => {
  const { ask } = await open();
  const { status, body } = await ask(query);
  expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
});

it('records no use, and decides nothing that nobody asked', async () => {
  const { app, token, ask, decide } = await open();
  expect(await decide({})).toBeUndefined();
  await ask({ method: 'GET', path: '/x' });
  expect((await read(app, token.id)).last_used).toBeNull();
  await change(app, `tokens/${token.id}/pause`, { as: app.dev, json: {} });
  expect((await ask({ method: 'GET' })).status).toBe(401);
});

it('lets a token with rules see, rotate and revoke itself, because rules are about apps', async () => {
  const { app, token } = await open({ apps: [], read_only: true, expires_in: 86_400, self_rotate: true });
  const headers = { Authorization: `Token ${token.token}` };
  expect((await app.ask('/api/v1/token', { headers })).status).toBe(200);
  expect((await app.ask('/api/v1/token/rotate', { headers, json: {} })).status).toBe(201);
  expect((await app.ask('/api/v1/token', { headers, method: 'DELETE' })).status).toBe(204);
});
