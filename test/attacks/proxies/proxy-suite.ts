import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { type Fields, type SendOptions, send } from '../../helpers/app/http.ts';
import { addDeveloper, type Client, signIn } from '../../helpers/daemon/api.ts';
import { prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { type ProxyTargets, type Running, startUpstream } from '../../helpers/peers/proxies.ts';

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Sends requests until one is rejected. `allowedAfterRevoke` is true if a request was allowed although it started after
 * the token had been revoked.
 */
async function sendUntilRejected(send: () => Promise<number>, revokedAt: () => number) {
  for (;;) {
    const startedAt = performance.now();
    const status = await send();
    if (status !== 200) return { status, allowedAfterRevoke: false };
    if (startedAt > revokedAt()) return { status, allowedAfterRevoke: true };
  }
}

/** Declares the tests of an API behind a proxy: a real daemon, a real proxy with the shipped configuration, and an echoing API. */
export function describeBehindProxy(
  proxy: string,
  {
    start,
    skip,
    revocations = 200,
  }: { start(targets: ProxyTargets): Promise<Running>; skip: boolean; revocations?: number },
) {
  describe.skipIf(skip)(`an API behind ${proxy}`, () => {
    const stops: Array<() => unknown> = [];
    let port: number;
    let dev: Client;

    beforeAll(async () => {
      const { dataDir, remove } = await prepareDaemon();
      stops.push(remove);
      const daemon = await startDaemon(dataDir, { TOKENSD_MAX_TOKENS_PER_USER: '1000' });
      stops.push(() => daemon.stop());
      const upstream = await startUpstream();
      stops.push(upstream.stop);
      const running = await start({ daemonUrl: daemon.url, upstreamUrl: upstream.url });
      stops.push(running.stop);
      port = running.port;
      dev = await addDeveloper(daemon.url, await signIn(daemon.url, superuser));
    });
    afterAll(async () => {
      for (const stop of stops.toReversed()) await stop();
    });

    const ask = (value: string, options: SendOptions = {}) =>
      send(port, { ...options, headers: [['Authorization', `Token ${value}`], ...(options.headers ?? [])] });
    const status = async (value: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { Authorization: `Bearer ${value}` } });
      await response.arrayBuffer();
      return response.status;
    };

    it('receives the verified identity instead of forged X-Auth-* headers, and never the token', async () => {
      const { id, token, prefix } = await dev.createToken('forged headers');
      const headers: Fields = [
        'X-Auth-User',
        'X_Auth_User',
        'X-Auth_User',
        'x_auth-user',
        'X-Auth-Superuser',
        'X_Auth_Superuser',
        'X-Auth-User-Name',
        'X-Auth-Token-Id',
        'X-Auth-Token-Expires',
      ].map((name) => [name, 'root@example.com']);
      const response = await ask(token, { path: '/builds/42?a=1', headers });
      expect(response.status).toBe(200);
      const received = JSON.parse(response.body) as Received;
      expect(received.url).toBe('/builds/42?a=1');
      expect(received.headers).toMatchObject({
        'x-auth-user': 'dev@example.com',
        'x-auth-user-id': dev.user.id,
        'x-auth-token-id': id,
        'x-auth-token-name': 'forged%20headers',
        'x-auth-token-prefix': prefix,
        'x-auth-superuser': 'false',
      });
      expect(received.headers['x-auth-user-name'] ?? '').toBe('');
      expect(received.headers['x-auth-token-expires'] ?? '').toBe('');
      expect(response.body).not.toContain('root@example.com');
      expect(response.body).not.toContain(token);
    });

    it('receives the body of a POST', async () => {
      const { token } = await dev.createToken('post');
      const body = 'x'.repeat(100_000);
      const response = await ask(token, { method: 'POST', path: '/upload', body });
      expect(response.status).toBe(200);
      expect(JSON.parse(response.body)).toMatchObject({ method: 'POST', body });
    });

    it('receives no request with a rejected token or without one', async () => {
      const active = (await dev.createToken('twice')).token;
      const requests: Array<[Fields, string | undefined]> = [
        [[], undefined],
        [[['Authorization', 'Token nonsense']], 'unknown'],
        [[['X-API-Key', generateToken('tok').reveal()]], 'unknown'],
        [
          [
            ['X-API-Key', active],
            ['Authorization', `Token ${active}`],
          ],
          'unknown',
        ],
      ];
      for (const [headers, reason] of requests) {
        const response = await send(port, { headers });
        expect(response.status).toBe(401);
        // Apache joins the challenges in one field.
        expect(response.all('WWW-Authenticate')[0]).toMatch(/^Token(, Bearer|$)/);
        expect(response.headers['x-tokens-reason']).toBe(reason);
        expect(response.body).not.toContain('"method"');
      }
    });

    it('has the method, path without query, IP address and user agent of its last use recorded', async () => {
      const { id, token } = await dev.createToken('recorded');
      const headers: Fields = [
        ['User-Agent', 'curl/8.5'],
        ['X-Forwarded-For', '6.6.6.6'],
        ['X-Original-URI', '/forged'],
        ['X-Original-Method', 'FORGED'],
        ['X-Forwarded-Uri', '/forged'],
        ['X-Forwarded-Method', 'FORGED'],
      ];
      await ask(token, { method: 'DELETE', path: '/a/b%2Fc?secret=1', headers });
      const used = await eventually(async () => {
        const response = await dev.request('GET', `/tokens/${id}`);
        return ((await response.json()) as { last_used: object | null }).last_used;
      }, 'the recorded use');
      expect(used).toMatchObject({ method: 'DELETE', path: '/a/b%2Fc', ip: '127.0.0.1', user_agent: 'curl/8.5' });
    });

    it('receives none of 5,000 requests with invalid tokens and then one with an active token', async () => {
      const { token } = await dev.createToken('after the flood');
      const statuses = new Set<number>();
      let left = 5_000;
      const flood = async () => {
        while (left > 0) {
          left -= 1;
          statuses.add(await status(left % 2 ? generateToken('tok').reveal() : `junk-${left}`));
        }
      };
      await Promise.all(Array.from({ length: 16 }, flood));
      expect([...statuses]).toEqual([401]);
      expect(await status(token)).toBe(200);
    });

    it('receives no request that starts after its token was revoked', { timeout: 180_000 }, async () => {
      for (let round = 0; round < revocations; round += 1) {
        const { id, token } = await dev.createToken(`round ${round}`);
        let revokedAt = Number.POSITIVE_INFINITY;
        const clients = Array.from({ length: 8 }, () =>
          sendUntilRejected(
            () => status(token),
            () => revokedAt,
          ),
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
        const response = await dev.request('DELETE', `/tokens/${id}`);
        revokedAt = performance.now();
        expect(response.status).toBe(204);
        expect(await status(token)).toBe(401);
        expect(await Promise.all(clients)).toEqual(clients.map(() => ({ status: 401, allowedAfterRevoke: false })));
      }
    });
  });
}
