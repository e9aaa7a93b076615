import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClientIp } from '../../../server/http/client-ip.ts';
import { createHttpServer } from '../../../server/http/server.ts';
import { createVerifyHandler } from '../../../server/http/verify/handler.ts';
import { createLog } from '../../../server/observability/log.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';
import { rowsUnder } from '../../documentation/documents.ts';
import { listen, startTestServer } from '../../helpers/app/http.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';
import { gateProxies } from '../../helpers/gate/gate.ts';
import { startTestApi } from '../../helpers/gate/test-api.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Stop = () => Promise<void>;

/** Ways in which tokensd cannot verify a token. Each occupies the port and returns a function that frees it. */
const outages: Record<string, (port: number) => Promise<Stop>> = {
  'is stopped': async () => async () => {},
  'cannot reach its database': async (port) => {
    const server = createHttpServer({
      publicUrl: 'https://tokens.example.com',
      verifyHandler: createVerifyHandler({
        verifyRequest: () => Promise.reject(new StoreUnavailable('The token lookup failed.')),
        findApp: () => Promise.reject(new StoreUnavailable('The token lookup failed.')),
        lastUsed: { record: () => {} },
        deniedUses: { record: () => {}, recordEnded: () => {} },
        clock: { now: () => 0 },
        clientIp: createClientIp([]),
        metrics: { countVerification: () => {} },
        log: createLog('error', () => {}),
      }),
      admission: { admit: (_req, _res, startRequest) => startRequest(), connected: () => {} },
      introspectionHandler: () => false,
      app: { fetch: async () => new Response() },
    });
    await listen(server, port);
    return async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  },
  'accepts connections and never responds': async (port) => {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
  },
};

const header =
  '| proxy | the client receives if `tokensd` responds 503 | the client receives if `tokensd` does not respond |';

/** Returns the status that docs/proxies.md names for a proxy, and `Retry-After` if it names that. */
function documented(proxy: string, outage: string): [number, string | null] {
  const row = rowsUnder('docs/proxies.md', header).find((line) => line.startsWith(`| ${proxy} |`)) ?? '';
  const [, , responding = '', silent = ''] = row.split('|').map((cell) => cell.trim());
  const cell = outage === 'cannot reach its database' || silent === 'the same' ? responding : silent;
  return [Number.parseInt(cell, 10), cell.includes('with `Retry-After`') ? '1' : null];
}

for (const { name, start, skip, apiDownStatus } of gateProxies) {
  describe.skipIf(skip)(`${name} with the shipped configuration`, () => {
    it.each(Object.entries(outages))(
      'responds 503 with Retry-After while tokensd %s, and recovers by itself',
      async (outage, begin) => {
        const daemonPort = await freePort();
        const end = await begin(daemonPort);
        const api = await startTestApi();
        cleanups.push(api.stop);
        const proxy = await start({ daemonUrl: `http://127.0.0.1:${daemonPort}`, upstreamUrl: api.url });
        cleanups.push(proxy.stop);
        const url = `http://127.0.0.1:${proxy.port}/builds/42`;

        const headers = { Authorization: 'Token tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE' };
        const body = Buffer.alloc(5_000_000);
        const requests: RequestInit[] = [{}, { method: 'HEAD' }, { method: 'POST', body }];
        const startedAt = performance.now();
        const responses = await Promise.all(requests.map((init) => fetch(url, { ...init, headers })));
        const answers = responses.map((response) => [response.status, response.headers.get('retry-after')]);
        expect(answers).toEqual(requests.map(() => [503, '1']));
        expect(documented(name, outage)).toEqual([503, '1']);
        expect(performance.now() - startedAt).toBeLessThan(14_000);
        expect(api.requests).toEqual([]);

        await end();
        const daemon = await startTestServer({}, daemonPort);
        cleanups.push(daemon.stop);
        const { value } = await daemon.issue('after the outage');
        const response = await fetch(url, { headers: { Authorization: `Token ${value}` } });
        expect([response.status, api.requests.length]).toEqual([200, 1]);
      },
    );

    it(`responds ${apiDownStatus} without Retry-After while the API is stopped`, async () => {
      const daemon = await startTestServer();
      cleanups.push(daemon.stop);
      const upstreamUrl = `http://127.0.0.1:${await freePort()}`;
      const proxy = await start({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl });
      cleanups.push(proxy.stop);
      const { value } = await daemon.issue('for no API');
      const response = await fetch(`http://127.0.0.1:${proxy.port}/`, { headers: { Authorization: `Token ${value}` } });
      expect([response.status, response.headers.get('retry-after')]).toEqual([apiDownStatus, null]);
    });
  });
}
