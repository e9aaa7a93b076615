import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../server/http/admission/admission.ts';
import { createAdmissions } from '../../../server/http/admission/admissions.ts';
import { createLaneOf } from '../../../server/http/admission/lane.ts';
import { createClientIp } from '../../../server/http/client-ip.ts';
import { createHttpServer } from '../../../server/http/server.ts';
import { createLog } from '../../../server/observability/log.ts';
import { exchange, listen, send } from '../../helpers/app/http.ts';

const stops: Array<() => void> = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Starts a server whose app echoes bodies. It responds to `/wait…` and introspection only when `finish` is called. */
async function start() {
  const started: string[] = [];
  const finishing: Array<() => void> = [];
  const admission = createAdmissions({
    laneOf: createLaneOf(createClientIp(['127.0.0.1/32'])),
    metrics: { countRefusal: () => {}, countResponse: () => {} },
    log: createLog('error', () => {}),
    limits: { ...defaultLimits, slowAfterMs: 60_000, maxWaitMs: 60_000 },
  });
  const server = createHttpServer({
    publicUrl: 'https://tokens.example.com',
    verifyHandler: null,
    admission,
    introspectionHandler: () => false,
    app: {
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        started.push(pathname);
        if (/wait|introspect/.test(pathname)) await new Promise<void>((resolve) => finishing.push(resolve));
        return new Response(`app: ${(await new Request(request).text()).length}`);
      },
    },
  });
  const port = await listen(server);
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const get = (path: string, from: string) => send(port, { path, headers: [['X-Forwarded-For', from]] });
  const finish = () => finishing.splice(0).forEach((resolve) => void resolve());
  /** Sends requests whose bodies never complete. */
  const sendHalves = (count: number, from: string): Socket[] =>
    Array.from({ length: count }, () => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1');
      const expectation = count % 2 ? '' : 'Expect: 100-continue\r\n';
      const head = `POST /half HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${from}\r\n${expectation}Content-Length: 10\r\n\r\n`;
      socket.on('error', () => {}).write(`${head}x`);
      stops.push(() => socket.destroy());
      return socket;
    });
  return { port, get, finish, sendHalves, started };
}

const patience = { timeout: 5_000 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a server with bodies that arrive slowly', () => {
  it('processes complete requests of all networks, and gives up the oldest body of the largest one', async () => {
    const { get, sendHalves, started, port } = await start();
    for (let network = 1; network <= 3; network += 1) sendHalves(341 + (network % 2), `203.0.113.${network}`);
    await pause(600);
    const [late] = sendHalves(1, '203.0.113.99');
    let text = '';
    late?.on('data', (part: string) => {
      text += part;
    });
    expect((await get('/other', '203.0.113.1')).status).toBe(200);
    expect((await get('/readyz', '203.0.113.2')).status).toBe(200);
    expect((await send(port, { method: 'POST', path: '/post', body: 'a'.repeat(65_536) })).body).toBe('app: 65536');
    expect(started).toEqual(['/other', '/readyz', '/post']);
    late?.write('123456789');
    await expect.poll(() => text, patience).toMatch(/app: 10/);
  });

  it.each([
    ['with a length', ['Content-Length: 900000', '', '']],
    ['without a length', ['Transfer-Encoding: chunked', `${(900_000).toString(16)}\r\n`, '\r\n0\r\n\r\n']],
  ])(
    'waits for the whole body of a report %s, and not for that of a larger one',
    async (_how, [length, begin, end]) => {
      const { port, get, started } = await start();
      const socket = connect(port, '127.0.0.1')
        .setEncoding('latin1')
        .on('error', () => {});
      stops.push(() => socket.destroy());
      let text = '';
      socket.on('data', (part: string) => {
        text += part;
      });
      socket.write(`POST /leaks/report HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\n${begin}${'a'.repeat(899_999)}`);
      await pause(300);
      expect((await get('/other', '203.0.113.1')).status).toBe(200);
      expect(started).toEqual(['/other']);
      socket.write(`a${end}`);
      await expect.poll(() => text, patience).toMatch(/app: 900000/);
      const larger = `${(1_100_000).toString(16)}\r\n${'a'.repeat(1_100_000)}`;
      void exchange(port, `POST /leaks/report HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${larger}`);
      await expect.poll(() => started, patience).toEqual(['/other', '/leaks/report', '/leaks/report']);
    },
  );

  it('processes a body that is too large without waiting for its end', async () => {
    const { port, started } = await start();
    const head = 'POST /large HTTP/1.1\r\nHost: x\r\n';
    void exchange(port, `${head}Content-Length: 70000\r\n\r\nx`);
    void exchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n11170\r\n${'a'.repeat(70_000)}`);
    await expect.poll(() => started, patience).toEqual(['/large', '/large']);
  });
});

describe('a server with many requests in flight', () => {
  it('responds to monitoring', async () => {
    const { get, finish, started } = await start();
    const waiting = Array.from({ length: 160 }, (_, n) => get('/wait', `203.0.113.${n % 4}`));
    await expect.poll(() => started, patience).toHaveLength(128);
    for (const path of ['/readyz', '/healthz', '/metrics']) expect((await get(path, '203.0.113.1')).status).toBe(200);
    const timer = setInterval(finish, 5);
    await Promise.all(waiting);
    clearInterval(timer);
  });

  it('processes 400 introspections of one client, and refuses none', async () => {
    const { get, finish, started } = await start();
    const requests = Array.from({ length: 400 }, () => get('/oauth/introspect', '203.0.113.1'));
    await expect.poll(() => started.length, patience).toBeGreaterThanOrEqual(32);
    const timer = setInterval(finish, 5);
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    clearInterval(timer);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
