import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedToken, Token } from '../../shared/schemas/tokens/tokens.ts';
import { addDeveloper, type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { seenSecrets } from '../helpers/daemon/process.ts';
import { startTcpProxy } from '../helpers/peers/tcp-proxy.ts';
import { createWatch, type Watch, type WatchedToken, type WatchedValue } from '../helpers/rotations/watched-values.ts';

/** Each of 25 tokens is rotated so many times, and each overlap lasts a second. ROTATION_ROUNDS=60 takes two minutes for each database. */
const rounds = Number(process.env.ROTATION_ROUNDS ?? 2);
const tokenCount = 25;
const clientsPerValue = 8;

interface Site {
  urls: string[];
  root: Client;
}

function useOneDaemon(): () => Site {
  let daemon: Daemon;
  let root: Client;
  let remove = async () => {};
  beforeAll(async () => {
    const prepared = await prepareDaemon();
    remove = prepared.remove;
    daemon = await startDaemon(prepared.dataDir, { TOKENSD_LOG_LEVEL: 'info' });
    root = await signIn(daemon.url, superuser);
  });
  afterAll(async () => {
    await daemon.stop('SIGKILL');
    await remove();
  });
  return () => ({ urls: [daemon.url], root });
}

function useTwoNodes(): () => Site {
  const nodes = useNodes('embedded', 2);
  return () => ({ urls: nodes().daemons.map(({ url }) => url), root: nodes().root });
}

describe.each([
  // Times of a daemon on SQLite come from the clock of this test.
  { name: 'one daemon on SQLite', useSite: useOneDaemon, clockErrorMs: 0 },
  // Each node measures the clock of PostgreSQL, with an error of half a round trip on a busy machine.
  { name: 'two nodes on one PostgreSQL', useSite: useTwoNodes, clockErrorMs: 100 },
])('rotations on $name', ({ useSite, clockErrorMs }) => {
  const site = useSite();
  let dev: Client;
  beforeAll(async () => {
    dev = await addDeveloper(site().urls[0] ?? '', site().root);
  });

  /** Sends a request of the owner to one of the nodes, which take turns. Repeats it if a busy machine kept it from being done. */
  async function send(turn: number, method: string, path: string, body?: object, headers = {}): Promise<Response> {
    const { urls } = site();
    const response = await fetch(`${urls[turn % urls.length]}/api/v1/tokens/${path}`, {
      method,
      headers: { Authorization: `Bearer ${dev.session}`, 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status !== 503 || (await response.clone().text()).includes('outcome-unknown')) return response;
    await sleep(100);
    return send(turn, method, path, body, headers);
  }

  async function rotate(watch: Watch, turn: number, token: WatchedToken, body: object): Promise<WatchedValue> {
    const response = await send(turn, 'POST', `${token.id}/rotate`, body);
    expect(response.status).toBe(201);
    const { token: value, previous } = (await response.json()) as CreatedToken;
    seenSecrets.add(value);
    return watch.rotated(token, value, Date.parse(previous?.valid_until ?? ''));
  }

  /** Presents both values at each node, as the next requests after a change. */
  async function present(watch: Watch, { old, current }: WatchedToken): Promise<void> {
    for (const url of site().urls) for (const value of [old, current]) if (value) await watch.observe(url, value);
  }

  /** Rotates a token until the end of each overlap, then ends overlaps early, and pauses, resumes and revokes the token. */
  async function live(watch: Watch, first: number, token: WatchedToken, ended: WatchedValue[]): Promise<void> {
    await sleep(first * 100);
    for (let round = 0; round < rounds; round += 1) {
      const old = await rotate(watch, first + round, token, { overlap: 1 });
      ended.push(old);
      await present(watch, token);
      await sleep(old.validUntil - Date.now() + clockErrorMs + 150);
      await present(watch, token);
    }
    const acknowledge = async (status: number, ...request: Parameters<typeof send>) =>
      expect((await send(...request)).status).toBe(status);
    const changes: Array<() => Promise<unknown> | undefined> = [
      () => rotate(watch, first, token, {}),
      () => token.old?.ended.become(true, () => acknowledge(204, first + 1, 'DELETE', `${token.id}/previous`)),
      () => rotate(watch, first, token, {}),
      () => token.old?.ended.become(true, () => rotate(watch, first + 1, token, { end_previous: true })),
      () => token.paused.become(true, () => acknowledge(200, first, 'POST', `${token.id}/pause`, {})),
      () => token.paused.become(false, () => acknowledge(200, first + 1, 'POST', `${token.id}/resume`)),
      () => token.revoked.become(true, () => acknowledge(204, first, 'DELETE', token.id)),
    ];
    for (const change of changes) {
      await change();
      await present(watch, token);
    }
  }

  it('keep the old and the new value working until each overlap ends, and no longer', async () => {
    const { urls } = site();
    const watch = createWatch(clockErrorMs);
    const tokens: WatchedToken[] = [];
    for (let index = 0; index < tokenCount; index += 1) {
      const { id, token } = await dev.createToken(`loaded ${index}`);
      tokens.push(watch.newToken(id, token));
    }
    let rotating = true;
    const loop = async (client: number, pick: (token: WatchedToken) => WatchedValue | undefined) => {
      for (let turn = client; rotating; turn += 1) {
        const token = tokens[turn % tokenCount];
        const value = token && pick(token);
        // The changes need a share of a small machine.
        await sleep(15);
        // Over all clients, each token meets each node.
        if (value !== undefined)
          await watch.observe(urls[Math.floor(turn / tokenCount + client) % urls.length] ?? '', value);
      }
    };
    const clients = Array.from({ length: clientsPerValue }, (_, client) => [
      loop(client, ({ old }) => old),
      loop(client, ({ current }) => current),
    ]).flat();
    const ended: WatchedValue[] = [];
    await Promise.all(tokens.map((token, first) => live(watch, first, token, ended))).finally(() => {
      rotating = false;
    });
    await Promise.all(clients);

    expect(watch.wrong()).toEqual([]);
    expect(ended).toHaveLength(rounds * tokenCount);
    // Otherwise nobody asked about the value before and after the end of its overlap.
    for (const value of ended)
      expect(watch.countsOf(value)).toEqual({ active: expect.any(Number), rotated: expect.any(Number) });
    for (const { old, current } of tokens) {
      const seen = [old, current].map((value) => value && Object.keys(watch.countsOf(value)).sort());
      expect(seen).toEqual([
        ['active', 'paused', 'revoked'],
        ['active', 'paused', 'revoked'],
      ]);
    }
  });

  it('give the same result if the answer is lost and the request is repeated, at any node and concurrently', async () => {
    const [first = ''] = site().urls;
    const proxy = await startTcpProxy(Number(new URL(first).port));
    onTestFinished(() => proxy.stop());
    for (const [round, repeats] of [1, 6].entries()) {
      const { id, token: value } = await dev.createToken(`lost ${round}`);
      const [path, key] = [`${id}/rotate`, `lost-${round}`];
      const headers = { 'Idempotency-Key': key };
      proxy.cutAfter(key);
      const lost = fetch(`http://127.0.0.1:${proxy.port}/api/v1/tokens/${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${dev.session}`, 'Content-Type': 'application/json', ...headers },
        body: '{}',
      });
      await expect(lost).rejects.toThrow();
      const again = () =>
        Promise.all(Array.from({ length: repeats }, (_, turn) => send(turn, 'POST', path, {}, headers)));
      const replays = [...(await again()), ...(await again()), await send(1, 'POST', path, {}, headers)];
      expect(new Set(replays.map(({ status }) => status))).toEqual(new Set([200]));
      const bodies = (await Promise.all(replays.map((replay) => replay.json()))) as Token[];
      const results = bodies.map(({ prefix, rotated_at, previous }) =>
        JSON.stringify({ prefix, rotated_at, previous }),
      );
      expect(new Set(results).size).toBe(1);
      expect(bodies.filter((body) => 'token' in body)).toEqual([]);
      expect(bodies[0]?.prefix).not.toBe(value.slice(0, 12));
      expect((await verify(first, value)).status, 'the old value, in its overlap').toBe(200);
    }
  });
});
