import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fields, send, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { type Apps, holds, startApps, valuesOf } from '../../helpers/gate/apps.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { type Running, startApache, startCaddy, startHaproxy, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const setups = [
  { proxy: 'nginx', example: 'nginx-apps.conf', start: startNginx },
  { proxy: 'caddy', example: 'Caddyfile-apps', start: startCaddy },
  { proxy: 'haproxy', example: 'haproxy-apps.cfg', start: startHaproxy },
  { proxy: 'apache2', example: 'apache-apps.conf', start: startApache },
];

/** Writes one address without the name of an app, so that the host decides. */
const decideByHost = (text: string) => {
  const edited = text.replaceAll(/\/verify\/apps\/\w+\//g, '/verify/');
  expect(edited).not.toBe(text);
  return edited;
};

/** Ways of writing the host `grafana.example.com` that a proxy may route to that app. */
const spellings = ['GRAFANA.example.com', 'grafana.example.com:8443', 'grafana.example.com.'];

/** Requests for immich that name grafana somewhere else. */
const forged: Fields[] = [
  ...['X-Original-Host', 'X_Original_Host', 'X-Forwarded-Host', 'X_Forwarded_Host', 'X-Host', 'X-Auth-App'].map(
    (name) => [[name, 'grafana.example.com'] as const],
  ),
  [['Forwarded', 'host=grafana.example.com']],
  [
    ['Connection', 'close, X-Original-Host, X-Forwarded-Host, Host'],
    ['X-Original-Host', 'grafana.example.com'],
  ],
  [['X-Original-URL', 'http://grafana.example.com/api']],
];

for (const { proxy, example, start } of setups) {
  describe.skipIf(!hasRealParts(proxy))(`two apps that ${proxy} tells apart by their hosts`, () => {
    let daemon: TestServer;
    let servers: { grafana: Apps; immich: Apps };
    let running: Running;
    let onlyGrafana: string;
    beforeAll(async () => {
      daemon = await startTestServer();
      servers = { grafana: await startApps(), immich: await startApps() };
      running = await start({
        daemonUrl: `http://127.0.0.1:${daemon.port}`,
        upstreamUrl: servers.grafana.url,
        others: { '127.0.0.1:3001': servers.immich.url },
        example,
        edit: decideByHost,
      });
      // The names differ from those in the configuration, so only the host can lead to them.
      const { id } = await registerApp(daemon.store, 'dashboards', { hosts: ['grafana.example.com'] });
      await registerApp(daemon.store, 'photos', { hosts: ['immich.example.com'], groups: ['family'] });
      onlyGrafana = (await issueGated(daemon.store, { apps: [id], manualGroups: ['family'] })).value;
    });
    beforeEach(() => {
      for (const { requests } of Object.values(servers)) requests.length = 0;
    });
    afterAll(async () => {
      await running.stop();
      for (const { stop } of Object.values(servers)) await stop();
      await daemon.stop();
    });

    const ask = async (value: string, host: string, headers: Fields = [], path = '/api') => {
      const own: Fields = [
        ['Host', host],
        ['Authorization', `Bearer ${value}`],
      ];
      const { status, headers: answer } = await send(running.port, { path, headers: [...own, ...headers] });
      return [status, answer['x-tokens-reason']];
    };
    const appsTold = (app: keyof typeof servers) =>
      servers[app].requests.map(({ fields }) => valuesOf(fields, 'X-Auth-App').join());

    it('receive the requests for their host, with the name of the app', async () => {
      const { value } = await issueGated(daemon.store, { manualGroups: ['family'] });
      expect(await ask(value, 'grafana.example.com')).toEqual([200, undefined]);
      expect(await ask(value, 'immich.example.com')).toEqual([200, undefined]);
      expect([appsTold('grafana'), appsTold('immich')]).toEqual([['dashboards'], ['photos']]);
    });

    it('receive a token that is restricted to an app at the host of that app only', async () => {
      expect(await ask(onlyGrafana, 'grafana.example.com')).toEqual([200, undefined]);
      expect(await ask(onlyGrafana, 'immich.example.com')).toEqual([403, 'app']);
      expect(servers.immich.requests).toEqual([]);
    });

    it('admit the groups of that app, and no others', async () => {
      const { value } = await issueGated(daemon.store, { manualGroups: ['staff'] });
      expect(await ask(value, 'grafana.example.com')).toEqual([200, undefined]);
      expect(await ask(value, 'immich.example.com')).toEqual([403, 'group']);
      expect(servers.immich.requests).toEqual([]);
    });

    it('are not chosen by header fields that a client sends beside the host', async () => {
      const { value } = await issueGated(daemon.store, { manualGroups: ['family'] });
      for (const headers of forged) {
        const asked = await ask(onlyGrafana, 'immich.example.com', headers);
        expect([headers, asked]).toEqual([headers, [403, 'app']]);
        await ask(value, 'immich.example.com', headers);
      }
      expect([servers.grafana.requests, appsTold('immich')]).toEqual([[], forged.map(() => 'photos')]);
    });

    it('are never the other app for tokensd than for the proxy, however the host is written', async () => {
      const { value } = await issueGated(daemon.store, { manualGroups: ['family'] });
      const requests: Array<[host: string, headers: Fields, path: string]> = [
        ...spellings.map((host) => [host, [], '/api'] as [string, Fields, string]),
        ['immich.example.com', [], 'http://grafana.example.com/api'],
        ['grafana.example.com', [], 'http://immich.example.com/api'],
        ['immich.example.com', [['Host', 'grafana.example.com']], '/api'],
        ['grafana.example.com', [['Host', 'immich.example.com']], '/api'],
        ['immich.example.com, grafana.example.com', [], '/api'],
        ['grafana.example.com@immich.example.com', [], '/api'],
        ['immich.example.com#.grafana.example.com', [], '/api'],
      ];
      for (const [host, headers, path] of requests) {
        await ask(value, host, headers, path);
        await ask(onlyGrafana, host, headers, path);
      }
      expect(new Set(appsTold('grafana'))).toEqual(new Set(['dashboards']));
      expect(new Set(appsTold('immich'))).toEqual(new Set(servers.immich.requests.length === 0 ? [] : ['photos']));
      expect(servers.immich.requests.filter((request) => holds(request, onlyGrafana))).toEqual([]);
    });
  });

  const plain = { nginx: 'nginx.conf', caddy: 'Caddyfile', haproxy: 'haproxy.cfg', apache2: 'apache.conf' }[proxy];
  it.skipIf(!hasRealParts(proxy))(
    `${proxy} with ${plain} tells a host that is no app’s, and the request is for no app`,
    async () => {
      const daemon = await startTestServer();
      const upstream = await startApps();
      const running = await start({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl: upstream.url });
      const { id } = await registerApp(daemon.store, 'dashboards', { hosts: ['grafana.example.com'] });
      const free = (await issueGated(daemon.store)).value;
      const bound = (await issueGated(daemon.store, { apps: [id] })).value;
      const ask = async (value: string, host: string, ...headers: Fields) => {
        const fields: Fields = [['Host', host], ['X-API-Key', value], ...headers];
        return (await send(running.port, { path: '/api', headers: fields })).status;
      };
      upstream.requests.length = 0;
      expect(await ask(free, 'other.example.com')).toBe(200);
      expect(await ask(bound, 'other.example.com', ['X-Original-Host', 'grafana.example.com'])).toBe(403);
      expect(await ask(bound, 'other.example.com', ['X-Forwarded-Host', 'grafana.example.com'])).toBe(403);
      expect(await ask(bound, 'grafana.example.com')).toBe(200);
      const told = upstream.requests.map(({ fields }) => valuesOf(fields, 'X-Auth-App').join());
      expect(told).toEqual(['', 'dashboards']);
      await running.stop();
      await upstream.stop();
      await daemon.stop();
    },
  );
}
