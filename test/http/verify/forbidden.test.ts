import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { deleteApp, type Gated, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { type Original, originals } from '../../helpers/gate/originals.ts';

let server: TestServer;
/** IDs of apps. */
let [wiki, grafana] = ['', ''];
beforeAll(async () => {
  server = await startTestServer();
  wiki = (await registerApp(server.store, 'wiki', { hosts: ['wiki.example.com', '[2001:db8::1]'] })).id;
  grafana = (await registerApp(server.store, 'grafana', { groups: ['ops', 'on-call, night'] })).id;
});
afterAll(() => server.stop());

const normal: Original = { method: 'GET', path: '/api/builds?page=2', ip: '203.0.113.9', app: 'wiki' };

/** Asks as each kind of proxy, and returns the status and the reason, which must be the same for all. */
async function verdictOn(value: string, original: Original, more: Fields = []): Promise<string> {
  const verdicts = await Promise.all(
    Object.values(originals).map(async (asking) => {
      const { headers, ...options } = asking(original);
      const response = await server.send({ ...options, headers: [['X-API-Key', value], ...headers, ...more] });
      return `${response.status} ${response.headers['x-tokens-reason'] ?? ''}`.trim();
    }),
  );
  expect(new Set(verdicts).size, verdicts.join(', ')).toBe(1);
  return verdicts[0] ?? '';
}

describe('rules of a token', () => {
  it.each<[string, () => Gated, Original, string]>([
    ['the app that it is restricted to', () => ({ apps: [wiki] }), normal, '200'],
    ['another app', () => ({ apps: [grafana] }), normal, '403 app'],
    ['no app', () => ({ apps: [wiki] }), { ...normal, app: undefined }, '403 app'],
    ['an app while it may use none', () => ({ apps: [] }), normal, '403 app'],
    ['a method that changes nothing', () => ({ readOnly: true }), { ...normal, method: 'PROPFIND' }, '200'],
    ['a method that changes something', () => ({ readOnly: true }), { ...normal, method: 'POST' }, '403 method'],
    ['an allowed path', () => ({ allow: ['GET /api/**'] }), normal, '200'],
    ['another path', () => ({ allow: ['GET /api/*'] }), { ...normal, path: '/api/a/b' }, '403 path'],
    ['an allowed path with another method', () => ({ allow: ['POST /api/**'] }), normal, '403 method'],
    ['an encoded slash', () => ({ allow: ['* /**'] }), { ...normal, path: '/api%2fbuilds' }, '403 path'],
    ['an allowed network', () => ({ networks: ['203.0.113.0/24'] }), normal, '200'],
    ['another network', () => ({ networks: ['203.0.113.0/24'] }), { ...normal, ip: '203.0.114.9' }, '403 network'],
    ['an untold address', () => ({ networks: ['127.0.0.0/8', '::1/128'] }), { ...normal, ip: '' }, '403 network'],
    ['an address told as junk', () => ({ networks: ['0.0.0.0/0'] }), { ...normal, ip: '1.2.3.4, junk' }, '403 network'],
    ['a group of its owner', () => ({ ssoGroups: ['ops'] }), { ...normal, app: 'grafana' }, '200'],
    ['a manual group of its owner', () => ({ manualGroups: ['on-call, night'] }), { ...normal, app: 'grafana' }, '200'],
    ['a group in other case', () => ({ manualGroups: ['Ops'] }), { ...normal, app: 'grafana' }, '403 group'],
    ['the groups of others', () => ({}), { ...normal, app: 'grafana' }, '403 group'],
    ['an app that does not exist', () => ({}), { ...normal, app: 'no-such-app' }, '403 app'],
    ['a name that no app has', () => ({}), { ...normal, app: 'Wiki' }, '403 app'],
    ['an encoded name', () => ({}), { ...normal, app: '%77iki' }, '403 app'],
    ['an empty name', () => ({}), { ...normal, app: '' }, '403 app'],
  ])('give the same verdict through every proxy: %s', async (_what, gated, original, verdict) => {
    expect(await verdictOn((await issueGated(server.store, gated())).value, original)).toBe(verdict);
  });

  it('deny a method and a path that the proxy did not tell, if a rule needs them', async () => {
    const ask = async (gated: Gated, original: Original) => {
      const { headers, ...options } = originals.nginx?.(original) ?? { headers: [] };
      const { value } = await issueGated(server.store, gated);
      const response = await server.send({ ...options, headers: [['X-API-Key', value], ...headers] });
      return `${response.status} ${response.headers['x-tokens-reason']}`;
    };
    expect(await ask({ readOnly: true }, { path: '/' })).toBe('403 method');
    expect(await ask({ allow: ['* /**'] }, { method: 'GET' })).toBe('403 path');
    expect(await ask({ allow: ['GET /**'] }, { path: '/' })).toBe('403 method');
  });

  it('deny a path of which nginx sends two versions, because a client chose one of them', async () => {
    const { value } = await issueGated(server.store, { allow: ['GET /public/**', 'GET /'] });
    const ask = async (...paths: Fields) => {
      const headers: Fields = [['X-API-Key', value], ['X-Original-Method', 'GET'], ...paths];
      const response = await server.send({ path: '/verify/auth-request', headers });
      return `${response.status} ${response.headers['x-tokens-reason'] ?? ''}`.trim();
    };
    const uri = '/public/x?page=2';
    const url = `https://app.example.com${uri}`;
    expect(await ask(['X-Original-URI', uri])).toBe('200');
    expect(await ask(['X-Original-URL', url])).toBe('200');
    expect(await ask(['X-Original-URI', uri], ['X-Original-URL', url])).toBe('200');
    const admin = 'https://app.example.com/admin/users';
    expect(await ask(['X-Original-URI', uri], ['X-Original-URL', admin])).toBe('403 path');
    expect(await ask(['X-Original-URI', '/admin/users'], ['X-Original-URL', url])).toBe('403 path');
    // The client sent `Host: x?`.
    for (const spoilt of ['https://x?/admin/users', 'https://x#/admin/users', 'https://x', 'https://?/']) {
      expect(await ask(['X-Original-URL', spoilt]), spoilt).toBe('403 path');
    }
  });

  it('name the first reason in the order app, group, method, path, network', async () => {
    const steps: Array<[Gated, string]> = [
      [{ apps: [wiki], readOnly: true, allow: ['GET /x'], networks: ['10.0.0.0/8'] }, '403 app'],
      [{ apps: [grafana], readOnly: true, allow: ['GET /x'], networks: ['10.0.0.0/8'] }, '403 group'],
      [{ manualGroups: ['ops'], readOnly: true, allow: ['GET /x'], networks: ['10.0.0.0/8'] }, '403 method'],
      [{ manualGroups: ['ops'], allow: ['GET /x'], networks: ['10.0.0.0/8'] }, '403 path'],
      [{ manualGroups: ['ops'], networks: ['10.0.0.0/8'] }, '403 network'],
    ];
    for (const [gated, verdict] of steps) {
      const { value } = await issueGated(server.store, gated);
      expect(await verdictOn(value, { ...normal, method: 'POST', app: 'grafana' })).toBe(verdict);
    }
  });

  it('are only counted while they are not enforced, and unknown apps and groups deny nevertheless', async () => {
    const { value, id } = await issueGated(server.store, { apps: [wiki], allow: ['GET /x'], enforce: false });
    server.services.lastUsed.drain();
    expect(await verdictOn(value, normal)).toBe('200');
    expect(await verdictOn(value, { ...normal, app: 'no-such-app' })).toBe('403 app');
    expect(await verdictOn(value, { ...normal, app: 'grafana' })).toBe('403 group');
    expect(server.services.lastUsed.drain().map(({ tokenId }) => tokenId)).toEqual([id]);
  });

  it('are accepted only from a trusted proxy', async () => {
    const untrusting = await startTestServer({ trustedProxies: [] });
    const app = await registerApp(untrusting.store, 'wiki', { hosts: ['wiki.example.com'] });
    const statusOf = async (gated: Gated, asking: Original) => {
      const { headers, ...options } = originals.Caddy?.(asking) ?? { headers: [] };
      const { value } = await issueGated(untrusting.store, gated);
      return (await untrusting.send({ ...options, headers: [['X-API-Key', value], ...headers] })).status;
    };
    const byHost = { ...normal, app: undefined, host: 'wiki.example.com' };
    expect(await statusOf({ readOnly: true }, normal)).toBe(403);
    expect(await statusOf({ allow: ['* /**'] }, normal)).toBe(403);
    expect(await statusOf({ networks: ['0.0.0.0/0', '::/0'] }, normal)).toBe(403);
    expect(await statusOf({ apps: [app.id] }, byHost)).toBe(403);
    expect(await statusOf({ apps: [app.id] }, normal)).toBe(200);
    await untrusting.stop();
  });
});

describe('a 403', () => {
  it('has the body of DRF, one challenge and the reason, and no identity, with ?challenge=basic too', async () => {
    const { value } = await issueGated(server.store, { readOnly: true });
    for (const query of ['', '?challenge=basic']) {
      const response = await server.send({
        path: `/verify/auth-request${query}`,
        headers: [
          ['X-API-Key', value],
          ['X-Original-Method', 'DELETE'],
        ],
      });
      expect(response.status).toBe(403);
      expect(response.body).toBe('{"detail":"You do not have permission to perform this action."}');
      expect(response.all('WWW-Authenticate')).toEqual([
        'Bearer realm="tokensd", error="insufficient_scope", error_description="method"',
      ]);
      expect(response.headers).toMatchObject({
        'x-tokens-reason': 'method',
        'cache-control': 'no-store',
        'content-type': 'application/json',
        'content-length': String(response.body.length),
      });
      expect(Object.keys(response.headers).filter((name) => /^x-auth|^x-tokens-c/.test(name))).toEqual([]);
    }
  });

  it('comes after every 401', async () => {
    const { value, id } = await issueGated(server.store, { apps: [], expiresAt: server.clock.now() + 1_000 });
    expect(await verdictOn(value, { ...normal, app: 'no-such-app' })).toBe('403 app');
    server.clock.advance(1_000);
    expect(await verdictOn(value, { ...normal, app: 'no-such-app' })).toBe('401 expired');
    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: server.root });
    expect(await verdictOn(value, { ...normal, app: 'no-such-app' })).toBe('401 revoked');
    const stranger = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
    expect(await verdictOn(stranger, { ...normal, app: 'no-such-app' })).toBe('401 unknown');
  });

  it('records no last use, and counts as a denied use with its reason', async () => {
    const { value, id } = await issueGated(server.store, { networks: ['10.0.0.0/8'] });
    server.services.lastUsed.drain();
    server.services.useCounter.take(1_000);
    expect(await verdictOn(value, normal)).toBe('403 network');
    expect(server.services.lastUsed.drain()).toEqual([]);
    const [counted] = server.services.useCounter.take(10);
    expect(counted?.tokenId).toBe(id);
    expect(JSON.stringify(counted?.hours)).toContain('"network"');
  });
});

describe('the app of a request', () => {
  const asked = (host: string): Original => ({ ...normal, app: undefined, host });
  const hostFields = { nginx: 'X-Original-Host', Caddy: 'X-Forwarded-Host' };

  it.each([
    'wiki.example.com',
    'WIKI.Example.com',
    'wiki.example.com:8443',
    'wiki.example.com.',
    'wiki.example.com.:80',
    'wiki.example.com:',
    '[2001:db8::1]',
    '[2001:DB8:0::1]:443',
  ])('is the one that has the original host: %s', async (host) => {
    const { value } = await issueGated(server.store, { apps: [wiki] });
    expect(await verdictOn(value, asked(host))).toBe('200');
  });

  it.each(['nobody.example.com', 'example.com', 'x.wiki.example.com', 'wiki.example.co', 'rack.7', 'Node_1'])(
    'is none for a host that no app has: %s',
    async (host) => {
      expect(await verdictOn((await issueGated(server.store, { apps: [wiki] })).value, asked(host))).toBe('403 app');
      expect(await verdictOn((await issueGated(server.store)).value, asked(host))).toBe('200');
    },
  );

  it.each(['wiki.example.com, nobody.example.com', 'wiki..example.com', 'w\xefki.example.com', 'a b', '.', 'a/b'])(
    'is unknown if the text is not a host: %s',
    async (host) => {
      const { value } = await issueGated(server.store);
      for (const [proxy, field] of Object.entries(hostFields)) {
        const { path } = originals[proxy]?.({}) ?? {};
        const headers: Fields = [
          ['X-API-Key', value],
          [field, host],
        ];
        expect((await server.send({ path, headers })).status, proxy).toBe(403);
      }
    },
  );

  it('is the one with a name of 63 characters, which is the longest', async () => {
    const name = 'a'.repeat(63);
    const { id } = await registerApp(server.store, name);
    const { value } = await issueGated(server.store, { apps: [id] });
    expect(await verdictOn(value, { ...normal, app: name })).toBe('200');
    expect(await verdictOn(value, { ...normal, app: `${name}a` })).toBe('403 app');
  });

  it('is unknown if the host is sent twice, in either order', async () => {
    const { value } = await issueGated(server.store);
    for (const [proxy, field] of Object.entries(hostFields)) {
      const { path } = originals[proxy]?.({}) ?? {};
      for (const hosts of [
        ['wiki.example.com', 'nobody.example.com'],
        ['', 'wiki.example.com'],
      ]) {
        const headers: Fields = [['X-API-Key', value], ...hosts.map((host) => [field, host] as const)];
        expect((await server.send({ path, headers })).status, proxy).toBe(403);
      }
    }
  });

  it('is logged once for each kind of proxy whose hosts cannot be used', async () => {
    const lines = () => server.logLines.filter((line) => line.includes('sent several hosts'));
    const { value } = await issueGated(server.store);
    for (let times = 0; times < 3; times += 1) await verdictOn(value, asked('a.example.com, b.example.com'));
    expect(lines().filter((line) => line.includes('"x-forwarded-host"'))).toHaveLength(1);
  });

  it('is the one that the path names, whatever the host says', async () => {
    const { value } = await issueGated(server.store, { apps: [wiki] });
    expect(await verdictOn(value, { ...normal, app: 'wiki', host: 'nobody.example.com' })).toBe('200');
    expect(await verdictOn(value, { ...normal, app: 'grafana', host: 'wiki.example.com' })).toBe('403 app');
  });

  it('does not follow a host field that belongs to another proxy', async () => {
    const { value } = await issueGated(server.store, { apps: [wiki] });
    for (const [path, field] of [
      ['/verify/auth-request', 'X-Forwarded-Host'],
      ['/verify/forward-auth', 'X-Original-Host'],
      ['/verify/auth-request', 'Host'],
      ['/verify/forward-auth', 'Host'],
    ] as const) {
      const headers: Fields = [
        ['X-API-Key', value],
        [field, 'wiki.example.com'],
      ];
      expect((await server.send({ path, headers })).status).toBe(403);
    }
  });

  it('decides on the next request after it was deleted, and a new app of its name revives nothing', async () => {
    const app = await registerApp(server.store, 'short-lived');
    const { value } = await issueGated(server.store, { apps: [app.id] });
    expect(await verdictOn(value, { ...normal, app: 'short-lived' })).toBe('200');
    await deleteApp(server.store, app.id);
    expect(await verdictOn(value, { ...normal, app: 'short-lived' })).toBe('403 app');
    await registerApp(server.store, 'short-lived');
    expect(await verdictOn(value, { ...normal, app: 'short-lived' })).toBe('403 app');
  });

  it('is logged once for each name that does not exist, only when a working token asks', async () => {
    const lines = () => server.logLines.filter((line) => line.includes('app that does not exist'));
    const before = lines().length;
    const { value } = await issueGated(server.store);
    expect(await verdictOn('tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE', { ...normal, app: 'misspelt' })).toContain(
      '401',
    );
    expect(lines().length).toBe(before);
    for (let times = 0; times < 3; times += 1) await verdictOn(value, { ...normal, app: 'misspelt' });
    expect(lines().slice(before)).toEqual([expect.stringContaining('"misspelt"')]);
  });
});
