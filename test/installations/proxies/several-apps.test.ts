import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fields, send, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { type Apps, apps, holds, startApps, valuesOf } from '../../helpers/gate/apps.ts';
import { deleteApp, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { type Running, startApache, startCaddy, startHaproxy, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const setups = [
  { proxy: 'nginx', example: 'nginx-apps.conf', start: startNginx },
  { proxy: 'caddy', example: 'Caddyfile-apps', start: startCaddy },
  { proxy: 'haproxy', example: 'haproxy-apps.cfg', start: startHaproxy },
  { proxy: 'apache2', example: 'apache-apps.conf', start: startApache },
];

for (const { proxy, example, start } of setups) {
  describe.skipIf(!hasRealParts(proxy))(`two apps behind one ${proxy}`, () => {
    let daemon: TestServer;
    let servers: { grafana: Apps; immich: Apps };
    let running: Running;
    let ids: { grafana: string; immich: string };
    beforeAll(async () => {
      daemon = await startTestServer();
      servers = { grafana: await startApps(), immich: await startApps() };
      running = await start({
        daemonUrl: `http://127.0.0.1:${daemon.port}`,
        upstreamUrl: servers.grafana.url,
        others: { '127.0.0.1:3001': servers.immich.url },
        example,
      });
      const register = async (name: string, changes = {}) => (await registerApp(daemon.store, name, changes)).id;
      ids = { grafana: await register('grafana'), immich: await register('immich', { preflight: 'pass' }) };
    });
    beforeEach(() => {
      for (const { requests } of Object.values(servers)) requests.length = 0;
    });
    afterAll(async () => {
      await running.stop();
      for (const { stop } of Object.values(servers)) await stop();
      await daemon.stop();
    });

    const ask = (app: string, value: string, headers: Fields = [], method = 'GET') =>
      send(running.port, {
        method,
        path: '/api',
        headers: [['Host', `${app}.example.com`], ['X-Tokens-Authorization', value], ...headers],
      });
    const statuses = async (value: string, headers: Fields = []) => [
      (await ask('grafana', value, headers)).status,
      (await ask('immich', value, headers)).status,
    ];

    it('receive a token that is for both, with the name of the app and credentials of their own', async () => {
      const { value } = await issueGated(daemon.store);
      const own: Fields = [
        ['Authorization', apps.grafana.credential],
        ['X-Api-Key', apps.immich.credential],
      ];
      expect(await statuses(value, own)).toEqual([200, 200]);
      for (const [name, { requests }] of Object.entries(servers)) {
        expect(requests.map(({ fields }) => valuesOf(fields, 'X-Auth-App'))).toEqual([[name]]);
        expect(requests.map(({ fields }) => valuesOf(fields, 'Authorization'))).toEqual([[apps.grafana.credential]]);
        expect(requests.some((request) => holds(request, value))).toBe(false);
      }
    });

    it('reject a token for the other one with 403, the reason and a challenge', async () => {
      const { value } = await issueGated(daemon.store, { apps: [ids.grafana] });
      expect((await ask('grafana', value)).status).toBe(200);
      const denied = await ask('immich', value);
      expect([denied.status, JSON.parse(denied.body)]).toEqual([
        403,
        { detail: 'You do not have permission to perform this action.' },
      ]);
      expect(denied.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-tokens-reason': 'app',
      });
      expect(denied.all('WWW-Authenticate')).toEqual([
        'Bearer realm="tokensd", error="insufficient_scope", error_description="app"',
      ]);
      expect(servers.immich.requests).toEqual([]);
    });

    it('are not chosen by a client that names another host in a header', async () => {
      const { value } = await issueGated(daemon.store, { apps: [ids.grafana] });
      for (const name of ['X-Original-Host', 'X-Forwarded-Host', 'X-Auth-App', 'Forwarded']) {
        expect((await ask('immich', value, [[name, 'grafana.example.com']])).status).toBe(403);
      }
      expect((await ask('unknown', value)).status).toBe(421);
      expect(servers.immich.requests).toEqual([]);
    });

    it('admit a group as long as the member is in it', async () => {
      const edit = (groups: string[]) =>
        daemon.store.transaction((store) => store.apps.edit(ids.immich, { groups, changedAt: 1 }));
      const { value, ownerId } = await issueGated(daemon.store);
      await edit(['family, close']);
      const denied = await ask('immich', value);
      expect([denied.status, denied.headers['x-tokens-reason']]).toEqual([403, 'group']);
      await daemon.store.users.setManualGroups(ownerId, JSON.stringify(['family, close']));
      expect((await ask('immich', value)).status).toBe(200);
      expect(servers.immich.requests.map(({ fields }) => valuesOf(fields, 'X-Auth-Groups'))).toEqual([
        ['family%2C%20close'],
      ]);
      await daemon.store.users.setManualGroups(ownerId, null);
      expect((await ask('immich', value)).status).toBe(403);
      await edit([]);
    });

    it('receive preflights only if the app lets them pass, and without an identity', async () => {
      const preflight: Fields = [
        ['Origin', 'https://pages.example.com'],
        ['Access-Control-Request-Method', 'DELETE'],
        ['X-Auth-User', 'root@example.com'],
      ];
      const request = async (app: string, headers: Fields, method = 'OPTIONS') =>
        (await send(running.port, { method, path: '/api', headers: [['Host', `${app}.example.com`], ...headers] }))
          .status;
      expect([await request('immich', preflight), await request('grafana', preflight)]).toEqual([200, 401]);
      const [{ fields } = { fields: [] }] = servers.immich.requests;
      const identity = fields.filter(([name, value]) => /^x.auth/i.test(name) && value !== '');
      expect([identity, servers.immich.requests.length]).toEqual([[], 1]);
      expect(await request('immich', preflight, 'GET')).toBe(401);
      expect(await request('immich', preflight.slice(1))).toBe(401);
      expect(await request('immich', [...preflight, ['X-API-Key', 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE']])).toBe(
        401,
      );
      expect(servers.immich.requests).toHaveLength(1);
    });

    it('reject every token once the app is deleted, also if a new app has its name', async () => {
      const { value } = await issueGated(daemon.store, { apps: [ids.immich] });
      const unrestricted = await issueGated(daemon.store);
      expect(await statuses(value)).toEqual([403, 200]);
      await deleteApp(daemon.store, ids.immich);
      expect(await statuses(value)).toEqual([403, 403]);
      expect(await statuses(unrestricted.value)).toEqual([200, 403]);
      await registerApp(daemon.store, 'immich');
      expect(await statuses(value)).toEqual([403, 403]);
      expect(await statuses(unrestricted.value)).toEqual([200, 200]);
    });
  });
}
