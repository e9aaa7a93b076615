import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Client, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually, startProgram } from '../helpers/daemon/process.ts';

const { cleanUp, newDataDir, start } = useDaemons();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `lost`: the connection ended without a response. `cut`: it ended in the middle of one. */
type Outcome = { status: number; body: string } | 'refused' | 'lost' | 'cut';

interface Ask {
  path: string;
  method?: string;
  headers: Record<string, string>;
  body?: string;
  agent?: Agent;
}

function outcomeOf(asked: ClientRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'lost'));
    asked.on('response', (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', () => resolve('cut'));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
}

function ask(url: string, { path, method = 'GET', headers, body, agent }: Ask): Promise<Outcome> {
  const asked = request(new URL(path, url), { method, headers, ...(agent && { agent }) });
  asked.end(body);
  return outcomeOf(asked);
}

function creation({ session }: Client, name: string): Ask & { body: string } {
  const body = JSON.stringify({ name });
  const headers = {
    Authorization: `Bearer ${session}`,
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
  };
  return { path: '/api/v1/tokens', method: 'POST', headers, body };
}

/** Sends a request to create a token, with the first half of its body only. */
async function halfSent(daemon: Daemon, client: Client, name: string) {
  const { path, method, headers, body } = creation(client, name);
  const asked = request(new URL(path, daemon.url), { method, headers, agent: false });
  const outcome = outcomeOf(asked);
  asked.write(body.slice(0, 5));
  await once(asked, 'socket');
  return { outcome, finish: () => asked.end(body.slice(5)), drop: () => asked.destroy() };
}

async function namesOf(client: Client): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await client.request('GET', `/tokens?limit=200${cursor && `&cursor=${cursor}`}`);
    const page = (await response.json()) as { items: Array<{ name: string }>; next_cursor: string | null };
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
  }
  return names;
}

describe('a daemon that is stopped under load', () => {
  it('completes accepted requests, stores exactly those, and exits 0 within ten seconds', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir, { TOKENSD_LOG_LEVEL: 'info', TOKENSD_MAX_TOKENS_PER_USER: '100000' });
    const root = await signIn(daemon.url, superuser);
    const keepAliveAgent = new Agent({ keepAlive: true });
    cleanUp(async () => keepAliveAgent.destroy());
    const outcomes: Outcome[] = [];
    const note = (outcome: Outcome) => {
      outcomes.push(outcome);
      return typeof outcome === 'object';
    };

    /** Verifies until the daemon is gone, and returns the path of the last verification that got a response. */
    const verifyUntilGone = async (token: string, agent?: Agent) => {
      for (let number = 0; ; number += 1) {
        const headers = { Authorization: `Token ${token}`, 'X-Forwarded-Uri': `/use/${number}` };
        const outcome = await ask(daemon.url, { path: '/verify/forward-auth', headers, ...(agent && { agent }) });
        if (!note(outcome)) return `/use/${number - 1}`;
        expect(outcome).toMatchObject({ status: 200 });
      }
    };
    const created: string[] = [];
    const lost: string[] = [];
    const createUntilGone = async (worker: number, agent?: Agent) => {
      for (let number = 0; ; number += 1) {
        const name = `${worker}-${number}`;
        const outcome = await ask(daemon.url, { ...creation(root, name), ...(agent && { agent }) });
        if (!note(outcome)) return void lost.push(name);
        expect(outcome).toMatchObject({ status: 201 });
        created.push(name);
      }
    };

    const used = await Promise.all(Array.from({ length: 16 }, (_, number) => root.createToken(`used-${number}`)));
    const load = Promise.all(
      used.map(({ token }, index) => verifyUntilGone(token, index % 2 ? keepAliveAgent : undefined)),
    );
    const creating = Promise.all(
      Array.from({ length: 6 }, (_, worker) => createUntilGone(worker, worker % 2 ? keepAliveAgent : undefined)),
    );
    await sleep(1_500);
    const halfSentRequests = await Promise.all(
      Array.from({ length: 20 }, (_, number) => halfSent(daemon, root, `begun-${number}`)),
    );
    await sleep(500);

    const signalledAt = performance.now();
    const stopped = daemon.stop('SIGTERM');
    await eventually(() => daemon.stderr().includes('"msg":"stopping"'), 'the daemon to start stopping');
    await sleep(300);
    for (const { finish } of halfSentRequests) finish();
    for (const { outcome } of halfSentRequests) expect(await outcome).toMatchObject({ status: 201 });
    const lastPaths = await load;
    await creating;
    expect(await stopped).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(outcomes.filter((outcome) => outcome === 'cut')).toEqual([]);
    expect(created.length).toBeGreaterThan(10);

    const again = await start(dataDir);
    const after = await signIn(again.url, superuser);
    const names = new Set(await namesOf(after));
    expect(created.filter((name) => !names.has(name))).toEqual([]);
    expect(halfSentRequests.filter((_, number) => !names.has(`begun-${number}`))).toEqual([]);
    // A request without a response was not executed.
    expect(lost.filter((name) => names.has(name))).toEqual([]);
    const written = used.map(async ({ id }) => {
      const token = (await (await after.request('GET', `/tokens/${id}`)).json()) as { last_used: { path: string } };
      return token.last_used.path;
    });
    expect(await Promise.all(written)).toEqual(lastPaths);
  });

  it('refuses new connections while it completes accepted requests', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const root = await signIn(daemon.url, superuser);
    const slow = await halfSent(daemon, root, 'slow');
    await sleep(300);
    const stopped = daemon.stop('SIGTERM');
    await eventually(() => daemon.stderr().includes('"msg":"stopping"'), 'the daemon to start stopping');
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(await ask(daemon.url, { path: '/healthz', headers: {} })).toBe('refused');
      await sleep(50);
    }
    slow.finish();
    expect(await slow.outcome).toMatchObject({ status: 201 });
    expect(await stopped).toBe(0);
  });

  it('does not wait for idle connections', async () => {
    const daemon = await start(await newDataDir());
    const idle = Array.from({ length: 50 }, () => connect(Number(new URL(daemon.url).port), '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    for (const socket of idle) socket.on('error', () => {});
    const signalledAt = performance.now();
    expect(await daemon.stop('SIGTERM')).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(3_000);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('cuts hanging requests after ten seconds and exits 0: %s', async (signal) => {
    const daemon = await start(await newDataDir());
    const hanging = await halfSent(daemon, await signIn(daemon.url, superuser), 'never');
    await sleep(300);
    const signalledAt = performance.now();
    expect(await daemon.stop(signal)).toBe(0);
    expect(await hanging.outcome).toBe('lost');
    const took = performance.now() - signalledAt;
    expect(took).toBeGreaterThan(9_000);
    expect(took).toBeLessThan(11_500);
  });

  it('exits 1 immediately on a second signal, even while a request hangs', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const root = await signIn(daemon.url, superuser);
    await root.createToken('stored');
    const hanging = await halfSent(daemon, root, 'never');
    await sleep(300);
    const stopped = daemon.stop('SIGTERM');
    await eventually(() => daemon.stderr().includes('"msg":"stopping"'), 'the daemon to start stopping');
    await sleep(500);
    const signalledAt = performance.now();
    void daemon.stop('SIGTERM');
    expect(await stopped).toBe(1);
    expect(performance.now() - signalledAt).toBeLessThan(1_000);
    expect(await hanging.outcome).toBe('lost');
    const again = await start(dataDir);
    expect(await namesOf(await signIn(again.url, superuser))).toEqual(['stored']);
  });
});

describe('a daemon that is stopped while it starts', () => {
  it('ends at any moment of the start, and starts the next time', async () => {
    const dataDir = await newDataDir();
    for (const wait of [0, 100, 200, 400, 600, 800, 1_000, 1_300]) {
      const child = startProgram('tokensd', ['serve'], { TOKENSD_DATA_DIR: dataDir, TOKENSD_LISTEN: '127.0.0.1:0' });
      const exited = once(child, 'exit');
      await sleep(wait);
      const signalledAt = performance.now();
      child.kill('SIGTERM');
      const [code, signal] = await exited;
      // Before the daemon handles signals, SIGTERM kills it as it kills any process.
      expect([0, 'SIGTERM']).toContain(code ?? signal);
      expect(performance.now() - signalledAt).toBeLessThan(5_000);
    }
    const daemon = await start(dataDir);
    expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
  });
});
