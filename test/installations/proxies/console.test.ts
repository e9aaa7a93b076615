import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { consoleProxies, type RunningConsole } from '../../helpers/console/console-proxies.ts';

const listeners = {
  'with an internal listener': { host: '127.0.0.1', port: 0 },
  'without an internal listener': null,
};

/** Spellings that a router might take for the first one. */
const metricsSpellings = [
  '/metrics',
  '/metrics?x=1',
  '/%6Detrics',
  '/metric%73',
  '//metrics',
  '/./metrics',
  '/login/../metrics',
  '/login/%2e%2e/metrics',
  '/login/..%2fmetrics',
  '/%2fmetrics',
];
const verifySpellings = [
  '/verify/auth-request',
  '/verify/forward-auth',
  '/verify/ext-authz/builds',
  '/%76erify/forward-auth',
  '//verify/forward-auth',
  '/verify//forward-auth',
  '/login/../verify/forward-auth',
  '/verify%2fforward-auth',
];

for (const proxy of consoleProxies) {
  describe.skipIf(proxy.skip).each(Object.entries(listeners))(
    `the console behind ${proxy.name} with the shipped configuration, %s`,
    (_what, internalListen) => {
      let server: TestServer;
      let site: RunningConsole;
      let value: string;
      beforeAll(async () => {
        server = await startTestServer({ internalListen });
        site = await proxy.start(server.port);
        value = (await server.issue('ci')).value;
      });
      afterAll(async () => {
        await site.stop();
        await server.stop();
      });

      it('serves pages and the API', async () => {
        expect((await site.send('/login')).status).toBe(200);
        const headers = [['Authorization', `Bearer ${server.dev.session}`]] as const;
        expect((await site.send('/api/v1/me', { headers })).status).toBe(200);
        expect((await site.send('/readyz')).status).toBe(200);
      });

      it.each(metricsSpellings)('shows no metrics at %s', async (target) => {
        const { status, body } = await site.send(target);
        expect([status, body.includes('tokensd_')]).toEqual([status === 400 ? 400 : 404, false]);
      });

      it.each(verifySpellings)('verifies nothing and records no use at %s', async (target) => {
        const { status, headers } = await site.send(target, {
          headers: [
            ['Authorization', `Token ${value}`],
            ['X-Forwarded-Method', 'GET'],
            ['X-Forwarded-Uri', '/builds/status'],
            ['X-Original-URI', '/builds/status'],
          ],
        });
        expect(status).toBe(status === 400 ? 400 : 404);
        expect(headers).not.toHaveProperty('x-auth-user');
        expect(server.services.lastUsed.drain()).toEqual([]);
      });

      it('records the address of the client, and not the one that the client claims', async () => {
        const { status, headers } = await site.send('/api/v1/sessions', {
          method: 'POST',
          body: JSON.stringify({ email: server.dev.email, password: 'wrong' }),
          headers: [
            ['Content-Type', 'application/json'],
            ['X-Forwarded-For', '203.0.113.77'],
            ['Forwarded', 'for=203.0.113.77'],
            ['X-Real-IP', '203.0.113.77'],
            ['X-Request-Id', 'chosen-by-the-client'],
          ],
        });
        expect(status).toBe(401);
        expect(headers['x-request-id']).not.toBe('chosen-by-the-client');
        const response = await server.ask('/api/v1/audit?action=session.failed', { as: server.root });
        const { items } = (await response.json()) as { items: Array<{ ip: string }> };
        expect(items.map(({ ip }) => ip)).toEqual(['127.0.0.1']);
      });
    },
  );
}

describe.skipIf(consoleProxies[0]?.skip ?? true)('the console behind the plainest nginx', () => {
  const plain = (text: string) =>
    text
      .replace(/location [^{]*\{ return 404; \}/g, '')
      .replace(/location \/ \{[\s\S]*\n {2}\}/, 'location / { proxy_pass http://tokensd_console; }');

  it.each(Object.entries(listeners))('shows no metrics to its clients, %s', async (_what, internalListen) => {
    const server = await startTestServer({ internalListen });
    const site = await consoleProxies[0]?.start(server.port, plain);
    try {
      const { status } = (await site?.send('/metrics')) ?? {};
      expect(status).toBe(internalListen === null ? 403 : 404);
      expect((await site?.send('/healthz'))?.status).toBe(200);
    } finally {
      await site?.stop();
      await server.stop();
    }
  });
});
