import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { type Fields, type SendOptions, send } from '../../helpers/app/http.ts';
import { addDeveloper, type Client, signIn } from '../../helpers/daemon/api.ts';
import { prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { type Behind, type Running, startUpstream } from '../../helpers/peers/proxies.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Asks in a loop until something else than 200 comes; `late` if a 200 had started after the time that `end` tells. */
async function untilRefused(ask: () => Promise<number>, end: () => number) {
  for (;;) {
    const startedAt = performance.now();
    const got = await ask();
    if (got !== 200) return { got, late: false };
    if (startedAt > end()) return { got, late: true };
  }
}

/** What must hold behind every proxy: a real daemon, a real proxy with the shipped configuration, and an API that echoes. */
export function describeBehind(
  proxy: string,
  { start, skip }: { start(behind: Behind): Promise<Running>; skip: boolean },
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
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { Authorization: `Bearer ${value}` } });
      await answer.arrayBuffer();
      return answer.status;
    };

    it('sees who it is, whatever the client says in either spelling, and no secret', async () => {
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
      ].map((name) => [name, 'root@example.com']);
      const answer = await ask(token, { path: '/builds/42?a=1', headers });
      expect(answer.status).toBe(200);
      const seen = JSON.parse(answer.body) as Seen;
      expect(seen.url).toBe('/builds/42?a=1');
      expect(seen.headers).toMatchObject({
        'x-auth-user': 'dev@example.com',
        'x-auth-user-id': dev.user.id,
        'x-auth-token-id': id,
        'x-auth-token-name': 'forged%20headers',
        'x-auth-token-prefix': prefix,
        'x-auth-superuser': 'false',
      });
      expect(seen.headers['x-auth-user-name'] ?? '').toBe('');
      expect(answer.body).not.toContain('root@example.com');
      expect(answer.body).not.toContain(token);
    });

    it('gets the body of a POST', async () => {
      const { token } = await dev.createToken('post');
      const body = 'x'.repeat(100_000);
      const answer = await ask(token, { method: 'POST', path: '/upload', body });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ method: 'POST', body });
    });

    it('never hears of a request with a bad token or with none', async () => {
      const good = (await dev.createToken('twice')).token;
      const requests: Array<[Fields, string | undefined]> = [
        [[], undefined],
        [[['Authorization', 'Token nonsense']], 'unknown'],
        [[['X-API-Key', generateToken('tok').reveal()]], 'unknown'],
        [
          [
            ['X-API-Key', good],
            ['Authorization', `Token ${good}`],
          ],
          'unknown',
        ],
      ];
      for (const [headers, reason] of requests) {
        const answer = await send(port, { headers });
        expect(answer.status).toBe(401);
        expect(answer.all('WWW-Authenticate')[0]).toBe('Token');
        expect(answer.headers['x-tokens-reason']).toBe(reason);
        expect(answer.body).not.toContain('"method"');
      }
    });

    it('leaves method, path without query, address and user agent in the list of tokens', async () => {
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
        const answer = await dev.request('GET', `/tokens/${id}`);
        return ((await answer.json()) as { last_used: object | null }).last_used;
      }, 'the use to be written');
      expect(used).toMatchObject({ method: 'DELETE', path: '/a/b%2Fc', ip: '127.0.0.1', user_agent: 'curl/8.5' });
    });

    it('stays up through 5,000 junk tokens, and a good one passes after them', async () => {
      const { token } = await dev.createToken('after junk');
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

    it('gets no request that started after the revoke of its token returned', { timeout: 180_000 }, async () => {
      for (let round = 0; round < 200; round += 1) {
        const { id, token } = await dev.createToken(`round ${round}`);
        let revokedAt = Number.POSITIVE_INFINITY;
        const clients = Array.from({ length: 8 }, () =>
          untilRefused(
            () => status(token),
            () => revokedAt,
          ),
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
        const answer = await dev.request('DELETE', `/tokens/${id}`);
        revokedAt = performance.now();
        expect(answer.status).toBe(204);
        expect(await status(token)).toBe(401);
        expect(await Promise.all(clients)).toEqual(clients.map(() => ({ got: 401, late: false })));
      }
    });
  });
}
