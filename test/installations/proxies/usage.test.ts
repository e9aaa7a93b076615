import { Agent, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import { signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, superuser } from '../../helpers/daemon/daemon.ts';
import { useNodes } from '../../helpers/daemon/nodes.ts';
import { startNginx, startUpstream } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const requests = 10_000;
const parallel = 32;

/** Sends requests number `from` to `to` through the proxies in turn, and returns how many there were of each status. */
async function send(ports: number[], [from, to]: [number, number], tokenOf: (number: number) => string | null) {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const statuses: Record<number, number> = {};
  let next = from;
  const one = (number: number) =>
    new Promise<number>((resolve, reject) => {
      const value = tokenOf(number);
      const headers = {
        'User-Agent': `tool-${number % 2}/1.0 (test)`,
        ...(value !== null && { Authorization: `Token ${value}` }),
      };
      const options = {
        port: ports[number % ports.length],
        method: number % 3 === 0 ? 'DELETE' : 'GET',
        agent,
        headers,
      };
      request({ host: '127.0.0.1', path: `/builds/${number}?page=${number}`, ...options }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      })
        .once('error', reject)
        .end();
    });
  const worker = async () => {
    while (next < to) {
      const number = next;
      next += 1;
      const status = await one(number);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  agent.destroy();
  return statuses;
}

describe.skipIf(!hasRealParts('nginx'))('10,000 mixed requests through nginx', () => {
  const nodes = useNodes('embedded', 2);

  it('are counted exactly by two daemons, of which one restarts', async () => {
    const { daemons, root, start } = nodes();
    const upstream = await startUpstream();
    onTestFinished(upstream.stop);
    const proxyOf = async (daemon: Daemon) => {
      const proxy = await startNginx({ daemonUrl: daemon.url, upstreamUrl: upstream.url });
      onTestFinished(proxy.stop);
      return proxy.port;
    };
    const active = await root.createToken('active');
    const ended = await root.createToken('ended', { expires_in: 1 });
    const [first, second] = daemons as [Daemon, Daemon];
    const [firstPort, secondPort] = [await proxyOf(first), await proxyOf(second)];
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const unknown = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
    const kinds = [...Array(7).fill(active.token), ended.token, unknown, null];
    const tokenOf = (number: number) => kinds[number % kinds.length] ?? null;
    const half = requests / 2;
    const expected = { 200: 0.7 * half, 401: 0.3 * half };
    expect(await send([firstPort, secondPort], [0, half], tokenOf)).toEqual(expected);
    expect(await first.stop()).toBe(0);
    const third = await start();
    expect(await send([await proxyOf(third), secondPort], [half, requests], tokenOf)).toEqual(expected);
    expect(await Promise.all([second.stop(), third.stop()])).toEqual([0, 0]);

    const last = await start();
    const client = await signIn(last.url, superuser);
    const usageOf = async (id: string) =>
      (await (await client.request('GET', `/tokens/${id}/usage?days=2`)).json()) as Usage;
    const counts = (usage: Usage) =>
      usage.days.reduce((sum, { allowed, denied }) => [(sum[0] ?? 0) + allowed, (sum[1] ?? 0) + denied], [0, 0]);
    const used = await usageOf(active.id);
    expect([counts(used), used.denied]).toEqual([[7_000, 0], {}]);
    const allowed = Array.from({ length: requests }, (_, number) => number).filter((number) => number % 10 < 7);
    const deletes = allowed.filter((number) => number % 3 === 0).length;
    expect(used.routes).toMatchObject([
      { method: 'GET', path: '/builds/*', count: 7_000 - deletes },
      { method: 'DELETE', path: '/builds/*', count: deletes },
    ]);
    expect(used.networks).toMatchObject([{ network: '127.0.0.0/24', count: 7_000 }]);
    const even = allowed.filter((number) => number % 2 === 0).length;
    expect(used.agents).toMatchObject([
      { agent: 'tool-0/1.0', count: even },
      { agent: 'tool-1/1.0', count: 7_000 - even },
    ]);
    const unused = await usageOf(ended.id);
    expect([counts(unused), unused.denied]).toEqual([[0, 1_000], { expired: 1_000 }]);
  }, 120_000);
});
