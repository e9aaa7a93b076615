import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken } from '../../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../../helpers/app/http.ts';
import { type Original, originals } from '../../../helpers/gate/originals.ts';
import { change, rotate } from '../../token-changes/changes.ts';
import { addApp, deleteApp } from './gate.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const normal: Original = { method: 'GET', path: '/api/builds', ip: '203.0.113.9' };

/** Creates a token with a name of its own. */
async function open(body: object = {}) {
  const token = await createToken(server, server.dev, { name: crypto.randomUUID(), ...body });
  const edit = async (json: object) => {
    const { status, body } = await change(server, `tokens/${token.id}`, { method: 'PATCH', as: server.dev, json });
    expect([status, body.detail]).toEqual([200, undefined]);
  };
  /** Asks as nginx does. Returns 200 or the deny reason. */
  const ask = async (original: Original = {}, value = token.token) => {
    const asking = originals.nginx?.({ ...normal, ...original });
    const response = await server.send({ ...asking, headers: [['X-API-Key', value], ...(asking?.headers ?? [])] });
    return response.headers['x-tokens-reason'] ?? response.status;
  };
  return { token, edit, ask };
}

it('applies each rule, and its removal, from the next request on', async () => {
  const { edit, ask } = await open();
  await addApp(server, 'grafana');
  await addApp(server, 'wiki');
  for (const [rule, removal, denied, reason] of [
    [{ apps: ['grafana'] }, { apps: null }, { app: 'wiki' }, 'app'],
    [{ read_only: true }, { read_only: false }, { method: 'DELETE' }, 'method'],
    [{ allow: ['GET /api/**'] }, { allow: null }, { path: '/admin' }, 'path'],
    [{ networks: ['203.0.113.0/24'] }, { networks: null }, { ip: '198.51.100.1' }, 'network'],
  ] as const) {
    const allowed = { app: 'grafana' };
    expect([await ask(allowed), await ask({ ...allowed, ...denied })]).toEqual([200, 200]);
    await edit(rule);
    expect([await ask(allowed), await ask({ ...allowed, ...denied })]).toEqual([200, reason]);
    await edit({ enforce: false });
    expect(await ask({ ...allowed, ...denied })).toBe(200);
    await edit({ enforce: true });
    expect(await ask({ ...allowed, ...denied })).toBe(reason);
    await edit(removal);
    expect(await ask({ ...allowed, ...denied })).toBe(200);
  }
});

it('applies the rules of a token to both of its values', async () => {
  const { token, edit, ask } = await open({ allow: ['GET /api/**'] });
  const { token: value } = await rotate(server, token.id);
  for (const each of [token.token, value]) {
    expect([await ask({}, each), await ask({ path: '/admin' }, each)]).toEqual([200, 'path']);
  }
  await edit({ networks: ['198.51.100.0/24'] });
  expect([await ask({}, token.token), await ask({}, value)]).toEqual(['network', 'network']);
});

it('denies a token everywhere after its only app was deleted, even if the name is used again', async () => {
  const id = await addApp(server, 'mirror');
  const { ask } = await open({ apps: ['mirror'] });
  expect([await ask({ app: 'mirror' }), await ask()]).toEqual([200, 'app']);
  await deleteApp(server, id);
  expect(await ask({ app: 'mirror' })).toBe('app');
  await addApp(server, 'mirror');
  expect([await ask({ app: 'mirror' }), await ask()]).toEqual(['app', 'app']);
});

it('decides about a request as the verify routes do', async () => {
  await addApp(server, 'archive', { groups: ['nobody'] });
  const { token, ask } = await open({ allow: ['GET,POST /api/*', 'GET /b/**'], networks: ['203.0.113.0/24'] });
  const headers = { Authorization: `Token ${token.token}` };
  for (const app of [undefined, 'archive', 'missing']) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      for (const path of ['/api/x', '/api/', '/b', '/b/../x', '/b/%2F', '/c', '/b?x=//']) {
        for (const ip of ['203.0.113.9', '2001:db8::1']) {
          const query = new URLSearchParams({ method, path, ip, ...(app !== undefined && { app }) });
          const response = await server.ask(`/api/v1/token?${query}`, { headers });
          const { decision } = (await response.json()) as { decision: { reason: string | null } };
          const verdict = await ask({ method, path, ip, app });
          expect([query.toString(), decision.reason ?? 200]).toEqual([query.toString(), verdict]);
        }
      }
    }
  }
});
