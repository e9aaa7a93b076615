import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAdmission } from '../../../server/http/admission/admission.ts';
import { createLaneOf } from '../../../server/http/admission/lane.ts';
import { createClientIp } from '../../../server/http/client-ip.ts';
import { createDrain } from '../../../server/http/drain.ts';
import { createHttpServer } from '../../../server/http/server.ts';
import { createLog } from '../../../server/observability/log.ts';
import { exchange, listen, send } from '../../helpers/app/http.ts';

const stops: Array<() => void> = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const limits = {
  maxInFlight: 2,
  maxInFlightPerLane: 1,
  maxWaiting: 4,
  maxWaitingPerLane: 2,
  maxWaitMs: 60_000,
  slowAfterMs: 60_000,
  maxSlow: 1,
  maxSlowPerLane: 1,
};

/** Starts a server whose app responds when `finish` is called, and whose verification responds at once. */
async function start(changes: Partial<typeof limits> = {}) {
  const lines: string[] = [];
  const counts: string[] = [];
  const started: string[] = [];
  const finishing: Array<() => void> = [];
  const admission = createAdmission({
    laneOf: createLaneOf(createClientIp(['127.0.0.1/32'])),
    metrics: {
      countRefusal: (reason) => counts.push(reason),
      countResponse: (method, status) => counts.push(`${method} ${status}`),
    },
    log: createLog('debug', (line) => lines.push(line)),
    limits: { ...limits, ...changes },
  });
  const server = createHttpServer({
    publicUrl: 'https://tokens.example.com',
    verifyHandler: (req, res) => {
      if (!req.url?.startsWith('/verify/')) return false;
      res.end('verified');
      return true;
    },
    admission,
    introspectionHandler: () => false,
    app: {
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        started.push(pathname);
        await new Promise<void>((resolve) => finishing.push(resolve));
        return new Response(`app: ${await new Request(request).text()}`);
      },
    },
  });
  const port = await listen(server);
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const get = (path: string, from?: string) =>
    send(port, { path, headers: from === undefined ? [] : [['X-Forwarded-For', from]] });
  const finish = () => finishing.splice(0).forEach((resolve) => void resolve());
  const finishAll = async <T>(work: Promise<T>): Promise<T> => {
    const timer = setInterval(finish, 5);
    return work.finally(() => clearInterval(timer));
  };
  const untilStarted = (...paths: string[]) => expect.poll(() => started).toEqual(paths);
  return { server, port, get, finish, finishAll, started, untilStarted, lines, counts };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a server with more requests than it may process', () => {
  it('verifies at once', async () => {
    const { get, untilStarted, finishAll, port } = await start();
    const requests = ['/a', '/b', '/c', '/d', '/e'].map((path) => get(path));
    await untilStarted('/a');
    expect(await send(port, { path: '/verify/auth-request' })).toMatchObject({ status: 200, body: 'verified' });
    await finishAll(Promise.all(requests));
  });

  it('refuses with 503 and Retry-After, in the format of the path, what does not fit into the queue', async () => {
    const { get, untilStarted, finishAll, counts, port } = await start();
    const accepted = ['/a', '/b', '/c'].map((path) => get(path));
    await untilStarted('/a');
    await pause(50);
    const problem = await get('/api/v1/me');
    expect([problem.status, problem.headers['retry-after'], problem.headers['content-type']]).toEqual([
      503,
      '2',
      'application/problem+json',
    ]);
    expect(JSON.parse(problem.body)).toEqual({
      type: 'urn:tokensd:problem:unavailable',
      title: 'Temporarily unavailable',
      status: 503,
      detail: 'The server is busy, so it did not process this request. Try again in a few seconds.',
      code: 'unavailable',
    });
    expect(JSON.parse((await get('/oauth/token')).body)).toMatchObject({ error: 'temporarily_unavailable' });
    expect(JSON.parse((await get('/api-token-auth/')).body)).toEqual({ detail: expect.stringMatching(/is busy/) });
    expect(await get('/login')).toMatchObject({ status: 503, body: expect.stringMatching(/^The server is busy.*\n$/) });
    expect(await send(port, { method: 'HEAD', path: '/' })).toMatchObject({ status: 503, body: '' });
    expect(counts.filter((count) => count === 'queue-full')).toHaveLength(5);
    expect(counts).toContain('HEAD 503');
    const responses = await finishAll(Promise.all(accepted));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('closes the connection of a refused request whose body has not arrived', async () => {
    const { get, port, untilStarted, finishAll } = await start();
    const accepted = ['/a', '/b', '/c'].map((path) => get(path));
    await untilStarted('/a');
    await pause(50);
    const head = 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal';
    const { text, closed } = await exchange(port, head, 1_000);
    expect(text).toMatch(/^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/s);
    expect(closed).toBe(true);
    await finishAll(Promise.all(accepted));
  });

  it('lets client networks take turns, as a trusted proxy reports them', async () => {
    const { get, untilStarted, finishAll } = await start({ maxInFlight: 1 });
    const requests = [get('/1', '203.0.113.1'), get('/2', '203.0.113.1'), get('/3', '203.0.113.1')];
    await untilStarted('/1');
    await pause(50);
    requests.push(get('/other', '203.0.113.2'));
    await pause(50);
    await finishAll(Promise.all(requests));
    await untilStarted('/1', '/2', '/other', '/3');
  });

  it('counts all addresses of an IPv6 site together', async () => {
    const { get, untilStarted, finishAll } = await start();
    const requests = [get('/1', '2001:db8:1:1::1'), get('/2', '2001:db8:1:2::1'), get('/3', '2001:db8:2:1::1')];
    await untilStarted('/1', '/3');
    await finishAll(Promise.all(requests));
  });

  it('refuses a request that waited too long', async () => {
    const { get, untilStarted, finishAll, counts } = await start({ maxWaitMs: 100 });
    const first = get('/a');
    await untilStarted('/a');
    expect(await get('/b')).toMatchObject({ status: 503 });
    expect(counts).toContain('waited-too-long');
    await finishAll(first);
  });

  it('starts the next request if one takes long', async () => {
    const { get, untilStarted, finishAll } = await start({ slowAfterMs: 100 });
    const requests = [get('/a'), get('/b')];
    await untilStarted('/a');
    await untilStarted('/a', '/b');
    await finishAll(Promise.all(requests));
  });

  it('does not process a request whose client has disconnected', async () => {
    const { get, port, untilStarted, finishAll } = await start();
    const first = get('/a');
    await untilStarted('/a');
    await exchange(port, 'GET /gone HTTP/1.1\r\nHost: x\r\n\r\n', 50);
    const third = get('/b');
    await finishAll(Promise.all([first, third]));
    await untilStarted('/a', '/b');
  });

  it('asks for a body with 100 Continue before a request waits for its turn', async () => {
    const { get, port, untilStarted, finishAll } = await start();
    const first = get('/a');
    await untilStarted('/a');
    let text = '';
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.write('POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    await expect.poll(() => text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    await finishAll(first);
    await finishAll(expect.poll(() => text).toContain('app: hello'));
    socket.destroy();
  });

  it('responds to every request that it accepted before it stops', async () => {
    const { server, get, untilStarted, finishAll } = await start();
    const requests = [get('/a'), get('/b'), get('/c')];
    await untilStarted('/a');
    await pause(50);
    const closed = new Promise((resolve) => server.close(resolve));
    const responses = await finishAll(Promise.all(requests));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    await closed;
  });

  it('logs one line when it begins to refuse requests', async () => {
    const { get, untilStarted, finishAll, lines } = await start();
    const requests = ['/a', '/b', '/c', '/d', '/e', '/f'].map((path) => get(path));
    await untilStarted('/a');
    await finishAll(Promise.all(requests));
    expect(lines).toEqual([expect.stringMatching(/"level":"warn".*too many requests at once/)]);
  });
});

describe('a connection on which requests are pipelined', () => {
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  it('gets responses to the first two in order, and is then closed without reading the others', async () => {
    const { port, started, finishAll } = await start();
    const all = ['/1', '/2', '/3', '/4'].map(request).join('');
    const { text, closed } = await finishAll(exchange(port, all));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(started).toEqual(['/1', '/2']);
    expect(closed).toBe(true);
  });

  it('may carry the next request as soon as there is one response', async () => {
    const { port, started, finish } = await start();
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let responses = 0;
    socket.on('data', (part: string) => {
      responses += part.match(/HTTP\/1\.1 200/g)?.length ?? 0;
    });
    for (let number = 1; number <= 5; number += 1) {
      socket.write(request(`/${number}`));
      await expect.poll(() => started).toHaveLength(number);
      finish();
      await expect.poll(() => responses).toBe(number);
    }
    socket.destroy();
  });

  it('may carry the next request while the second response is pending', async () => {
    const { port, started, finish } = await start({ maxInFlight: 4, maxInFlightPerLane: 4 });
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.write(request('/a') + request('/slow'));
    await expect.poll(() => started).toEqual(['/a']);
    finish();
    await expect.poll(() => started).toEqual(['/a', '/slow']);
    socket.write(request('/c'));
    await pause(50);
    finish();
    await expect.poll(() => started).toEqual(['/a', '/slow', '/c']);
    finish();
    await expect.poll(() => text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    socket.destroy();
  });

  const bodyBytes = 21_000_000;
  /** Starts a server that streams large responses. */
  async function startStreaming() {
    const server = createHttpServer({
      publicUrl: 'https://tokens.example.com',
      verifyHandler: null,
      admission: { admit: (_req, _res, startRequest) => startRequest(), connected: () => {} },
      introspectionHandler: () => false,
      app: {
        fetch: () => {
          let sent = 0;
          const part = new Uint8Array(bodyBytes / 300);
          return new Response(
            new ReadableStream({
              pull(controller) {
                controller.enqueue(part);
                sent += part.length;
                if (sent >= bodyBytes) controller.close();
              },
            }),
          );
        },
      },
    });
    const drain = createDrain(server);
    const port = await listen(server);
    stops.push(() => void server.close());
    return { port, drain };
  }

  it('gets the whole of a large response although too many requests follow', async () => {
    const { port } = await startStreaming();
    const { text, closed } = await exchange(port, ['/stream', '/b', '/c'].map(request).join(''), 20_000);
    expect(text.length).toBeGreaterThan(2 * bodyBytes);
    expect(closed).toBe(true);
  });

  it('does not delay a stop for longer than others if its client reads nothing', async () => {
    const { port, drain } = await startStreaming();
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => {}).write(['/stream', '/b', '/c'].map(request).join(''));
    await pause(200);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const drained = drain();
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await drained;
    socket.destroy();
  });

  it('stops reading a packet with thousands of requests', async () => {
    const { port, finishAll } = await start();
    await finishAll(exchange(port, request('/a').repeat(3)));
    const before = process.cpuUsage();
    const packets = Array.from({ length: 20 }, () => exchange(port, 'GET / HTTP/1.1\r\n\r\n'.repeat(3_000)));
    await finishAll(Promise.all(packets));
    const { user, system } = process.cpuUsage(before);
    // Reading all of them would take about a second.
    expect((user + system) / 1000).toBeLessThan(400);
  });

  it('may carry sixteen verifications behind one', async () => {
    const { port } = await start();
    const all = `${request('/verify/auth-request').repeat(17)}`;
    expect((await exchange(port, all, 1_500)).text.match(/verified/g)).toHaveLength(17);
  });
});
