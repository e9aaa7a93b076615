import { errorMonitor } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verification } from '../../server/domain/tokens/verify.ts';
import { createClientIp } from '../../server/http/client-ip.ts';
import { createHttpServer } from '../../server/http/server.ts';
import { createVerifyHandler } from '../../server/http/verify/handler.ts';
import { createLog } from '../../server/observability/log.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { exchange, listen, send } from '../helpers/app/http.ts';

const stops: Array<() => void> = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const unknown = { allowed: false, status: 401, reason: 'unknown', known: null, tokenId: null } as const;

/** Starts the HTTP server alone, with this `verify` and an app that echoes bodies. */
async function start(verifyRequest: Verification['verifyRequest'] = async () => unknown) {
  const lines: string[] = [];
  const server = createHttpServer({
    publicUrl: 'https://tokens.example.com',
    verifyHandler: createVerifyHandler({
      verifyRequest: (_route, value, request) => verifyRequest(value, request),
      findApp: async () => null,
      lastUsed: { record: () => {} },
      deniedUses: { record: () => {}, recordEnded: () => {} },
      clock: { now: () => 0 },
      clientIp: createClientIp([]),
      metrics: { countVerification: () => {} },
      log: createLog('debug', (line) => lines.push(line)),
    }),
    admission: { admit: (_req, _res, startRequest) => startRequest(), connected: () => {} },
    introspectionHandler: () => false,
    app: {
      fetch: async (request) =>
        new URL(request.url).pathname === '/challenge'
          ? new Response(null, {
              status: 401,
              headers: { 'WWW-Authenticate': 'Token, Bearer realm="x", error="y, z"' },
            })
          : new Response(`app: ${await new Request(request).text()}`),
    },
  });
  const port = await listen(server);
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, port, lines };
}

const verifyPath = '/verify/auth-request';
const apiKey = 'X-API-Key: abc\r\n';

describe('the verification routes', () => {
  it('respond 503 without a body if the database is down, and log no value', async () => {
    const { port, lines } = await start(() => Promise.reject(new StoreUnavailable('The token lookup failed.')));
    const response = await send(port, { path: verifyPath, headers: [['X-API-Key', 'abcdefgh']] });
    expect([response.status, response.body, response.headers['cache-control']]).toEqual([503, '', 'no-store']);
    expect(lines.join('')).toContain('The token lookup failed.');
    expect(lines.join('')).not.toContain('abcdefgh');
  });

  it('respond 503 if the verification throws instead of rejecting, and go on', async () => {
    const { port, lines } = await start(() => {
      throw new Error('A fault of ours.');
    });
    for (let round = 0; round < 2; round += 1) {
      const response = await send(port, { path: verifyPath, headers: [['X-API-Key', 'abcdefgh']] });
      expect([response.status, response.body]).toEqual([503, '']);
    }
    expect(lines.join('')).toContain('A fault of ours.');
  });

  it('respond 401 to a missing or malformed credential even while the database is down', async () => {
    const { port } = await start(() => Promise.reject(new StoreUnavailable('The token lookup failed.')));
    expect((await send(port, { path: verifyPath })).status).toBe(401);
    expect((await send(port, { path: verifyPath, headers: [['Authorization', 'Token a b']] })).status).toBe(401);
  });

  it.each([
    ['with a Content-Length', 'Content-Length: 1000000\r\n'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n'],
    ['that the client sends after 100 Continue', 'Content-Length: 5\r\nExpect: 100-continue\r\n'],
    ['with an unknown expectation', 'Content-Length: 5\r\nExpect: a-miracle\r\n'],
  ])('do not wait for a body %s', async (_body, fields) => {
    const { port } = await start();
    const { text } = await exchange(port, `POST ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}${fields}\r\n`, 300);
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it.each([
    ['with a value', apiKey],
    ['without a value', ''],
  ])('close the connection of a client that may leave out its body, %s', async (_value, fields) => {
    const { port } = await start();
    const smuggled = `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const post = `POST ${verifyPath} HTTP/1.1\r\nHost: x\r\n${fields}Content-Length: ${smuggled.length}\r\nExpect: 100-continue\r\n\r\n`;
    const { text, closed } = await exchange(port, post + smuggled.repeat(2), 1_000);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\nConnection: close\r\n/);
    expect(closed).toBe(true);
  });

  it('respond to the next request on the connection after an ignored body', async () => {
    const { port } = await start();
    const post = `POST ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}Content-Length: 5\r\n\r\nhello`;
    const get = `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const { text } = await exchange(port, post + get);
    expect(text.match(/HTTP\/1\.1 401/g)).toHaveLength(2);
    expect(text).toContain('Authentication credentials were not provided.');
  });

  it.each([
    ['without a Host', `GET ${verifyPath} HTTP/1.1\r\n${apiKey}Connection: close\r\n\r\n`],
    ['over HTTP/1.0', `GET ${verifyPath} HTTP/1.0\r\n${apiKey}\r\n`],
    ['in absolute-form', `GET http://x:1${verifyPath}?a HTTP/1.1\r\nHost: x\r\n${apiKey}Connection: close\r\n\r\n`],
    [
      'that asks for an upgrade',
      `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    ],
  ])('respond 401 to a request %s', async (_form, request) => {
    const { port } = await start();
    expect((await exchange(port, request)).text).toMatch(/^HTTP\/1\.1 401 /);
  });

  it.each([
    ['a control character in a field', `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}X-A: \x01\r\n\r\n`],
    [
      'a control character in the credential',
      `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\nAuthorization: Token \x7f\r\n\r\n`,
    ],
    ['a path that is not percent-encoded', 'GET /verify/ext-authz/\xc3\xbc HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown method', `FROBNICATE ${verifyPath}?a=b HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`],
    [
      'both Content-Length and chunks',
      `POST ${verifyPath} HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
  ])('respond 401 to an invalid message, because proxies turn 400 into 500: %s', async (_defect, request) => {
    const { port } = await start(() => Promise.reject(new Error('verify was called')));
    const { text, closed } = await exchange(port, request);
    expect(text.split('\r\n')).toEqual([
      'HTTP/1.1 401 Unauthorized',
      'WWW-Authenticate: Token',
      'WWW-Authenticate: Bearer realm="tokensd"',
      'Cache-Control: no-store',
      'Content-Type: application/json',
      'Content-Length: 27',
      'Connection: close',
      '',
      '{"detail":"Invalid token."}',
    ]);
    expect(closed).toBe(true);
  });

  it('challenge an invalid message to Basic alone if the route asks for that', async () => {
    const { port } = await start();
    const challenges = async (path: string) => {
      const { text } = await exchange(port, `FROBNICATE ${path}?challenge=basic HTTP/1.1\r\nHost: x\r\n\r\n`);
      return text.match(/WWW-Authenticate: .*/g);
    };
    for (const path of ['/verify/auth-request', '/verify/forward-auth']) {
      expect(await challenges(path)).toEqual(['WWW-Authenticate: Basic realm="tokensd"']);
    }
    expect(await challenges('/verify/ext-authz/a')).toHaveLength(2);
  });

  it('respond before an endless body ends, and close the connection after reading little of it', async () => {
    const { server, port } = await start();
    const received = new Promise<number>((resolve) => {
      server.once('connection', (socket) => socket.once('close', () => resolve(socket.bytesRead)));
    });
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.write(`POST ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}Transfer-Encoding: chunked\r\n\r\n`);
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 401 /);
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const sending = setInterval(() => socket.write(chunk), 1);
    expect(await received).toBeLessThan(1_000_000);
    clearInterval(sending);
    socket.destroy();
  });

  it('respond 401 to CONNECT, which never reaches the app', async () => {
    const { port } = await start();
    const connectTo = (path: string) => exchange(port, `CONNECT ${path} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`);
    expect(await connectTo(verifyPath)).toMatchObject({
      text: expect.stringMatching(/^HTTP\/1\.1 401 /),
      closed: true,
    });
    expect(await connectTo('x:443')).toMatchObject({ text: expect.stringMatching(/^HTTP\/1\.1 400 /), closed: true });
  });

  it.each([verifyPath, 'x:443'])('survive a peer that resets its connection after CONNECT %s', async (target) => {
    const { server, port } = await start(() => new Promise(() => {}));
    const left = new Promise<unknown[]>((resolve) => {
      server.prependListener('connect', (_req, socket) => {
        const failed: unknown[] = [];
        socket.once(errorMonitor, (error: NodeJS.ErrnoException) =>
          failed.push(error.code, socket.listenerCount('error')),
        );
        socket.once('close', () => resolve(failed));
        peer.resetAndDestroy();
      });
    });
    const peer = connect(port, '127.0.0.1', () => peer.write(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`));
    // An error event without a listener would end the daemon.
    expect(await left).toEqual(['ECONNRESET', 1]);
    expect((await send(port, { path: verifyPath })).status).toBe(401);
  });

  it('close a connection on which CONNECT follows a request without a response yet', async () => {
    const { server, port } = await start();
    const connectTo = `CONNECT ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`;
    const failures: unknown[] = [];
    for (const before of [
      `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`,
      'GET /other HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
      const [listener] = server.listeners('connect');
      server.removeAllListeners('connect').on('connect', (...args) => {
        try {
          listener?.(...args);
        } catch (error) {
          failures.push(error);
        }
      });
      expect(await exchange(port, before + connectTo)).toMatchObject({ closed: true });
      expect(await exchange(port, before + before + connectTo)).toMatchObject({ closed: true });
    }
    // An exception in the listener would end the daemon.
    expect(failures).toEqual([]);
    expect((await send(port, { path: verifyPath })).status).toBe(401);
  });

  it('close the connection of a peer that keeps sending after CONNECT', async () => {
    const { port } = await start();
    const peer = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () =>
      peer.resume().write(`CONNECT ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`),
    );
    stops.push(() => peer.destroy());
    peer.on('error', () => {});
    await new Promise((resolve) => peer.once('end', resolve));
    const cut = setInterval(() => peer.write('.'), 50);
    await new Promise((resolve) => peer.once('close', resolve)).finally(() => clearInterval(cut));
  });

  it('log an outage once when it begins, and once with the number of failures when it ends', async () => {
    let down = true;
    const { port, lines } = await start(() =>
      down
        ? Promise.reject(new StoreUnavailable('The token lookup failed.'))
        : Promise.resolve({
            allowed: false,
            status: 401,
            reason: 'revoked',
            known: { prefix: 'p', name: 'n', owner: 'o' },
            tokenId: null,
          }),
    );
    const ask = () => send(port, { path: verifyPath, headers: [['X-API-Key', 'abc']] });
    for (let i = 0; i < 3; i += 1) await ask();
    down = false;
    for (let i = 0; i < 3; i += 1) await ask();
    expect(lines).toEqual([
      expect.stringMatching(/"level":"error".*The token lookup failed./),
      expect.stringMatching(/"level":"info".*"failures":3/),
    ]);
  });

  it('accept header fields of almost 64 KiB', async () => {
    const { port } = await start();
    const headers: Array<[string, string]> = [['X-Filler', 'a'.repeat(65_000)]];
    expect((await send(port, { path: verifyPath, headers })).status).toBe(401);
  });
});

describe('the app', () => {
  it('receives every other request, with its body', async () => {
    const { port } = await start();
    expect((await send(port, { method: 'POST', path: '/other', body: 'hello' })).body).toBe('app: hello');
  });

  it('receives an HTTP/1.0 request without a Host field', async () => {
    const { port } = await start();
    expect((await exchange(port, 'GET /healthz HTTP/1.0\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('may copy a request, as its limit on chunked bodies does', async () => {
    const { port } = await start();
    const chunked = 'POST /copy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    expect((await exchange(port, `${chunked}5\r\nhello\r\n0\r\n\r\n`)).text).toContain('app: hello');
  });

  it('makes the server send 100 Continue to a client that waits for it', async () => {
    const { port } = await start();
    const head = 'POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
    expect((await exchange(port, head, 300)).text).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
  });

  it('sends each challenge in its own field', async () => {
    const { port } = await start();
    const response = await send(port, { path: '/challenge' });
    expect(response.all('WWW-Authenticate')).toEqual(['Token', 'Bearer realm="x", error="y, z"']);
  });
});

describe('an invalid message', () => {
  it('gets 431 if it has more than 1,000 header fields, on a connection that closes', async () => {
    const { port } = await start();
    const fields = (count: number) => `Host: x\r\n${'a:b\r\n'.repeat(count - 1)}`;
    for (const path of ['/', verifyPath]) {
      const rejected = await exchange(port, `GET ${path} HTTP/1.1\r\n${fields(1001)}\r\n`);
      expect(rejected).toMatchObject({ text: expect.stringMatching(/^HTTP\/1\.1 431 /), closed: true });
      const accepted = await exchange(port, `GET ${path} HTTP/1.1\r\n${fields(999)}Connection: close\r\n\r\n`);
      expect(accepted.text).toMatch(/^HTTP\/1\.1 (200|401) /);
    }
  });

  it('gets 431 if its header fields exceed 64 KiB', async () => {
    const { port } = await start();
    const { text, closed } = await exchange(port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(200_000)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(closed).toBe(true);
  });

  it.each(['\x16\x03\x01\x02\x00', 'GET / HTTP/1.1\r\nA\x00: b\r\n\r\n', 'FROBNICATE / HTTP/1.1\r\n\r\n'])(
    'gets 400 outside the verification routes: %j',
    async (bytes) => {
      const { port } = await start();
      expect(await exchange(port, bytes)).toMatchObject({
        text: expect.stringMatching(/^HTTP\/1\.1 400 /),
        closed: true,
      });
    },
  );

  it('gets 400 if it has both Content-Length and chunks (RFC 9112 §6.3)', async () => {
    const { port } = await start();
    const both = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n';
    const { text } = await exchange(port, `POST /other HTTP/1.1\r\nHost: x\r\n${both}\r\n0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('gets 408 if its header does not arrive in time, but never after another response', async () => {
    const { server, port } = await start();
    server.headersTimeout = 200;
    server.requestTimeout = 400;
    const halfHeader = exchange(port, 'GET / HTTP/1.1\r\nHo', 4_000);
    const halfBody = exchange(port, `POST ${verifyPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal`, 4_000);
    expect(await halfHeader).toMatchObject({ text: expect.stringMatching(/^HTTP\/1\.1 408 /), closed: true });
    const { text, closed } = await halfBody;
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).not.toContain('408');
    expect(closed).toBe(true);
  });

  it('does not end the daemon while an earlier request has no verdict yet', async () => {
    let decide = () => {};
    const { port } = await start(
      () =>
        new Promise(
          (resolve) =>
            (decide = () => resolve({ allowed: false, status: 401, reason: 'unknown', known: null, tokenId: null })),
        ),
    );
    const { text } = await exchange(port, `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n\x00\x00`, 300);
    decide();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect((await send(port, { path: verifyPath })).status).toBe(401);
  });
});

describe('close', () => {
  it('lets requests in flight finish, and then closes their connections', async () => {
    let decide = () => {};
    const { server, port } = await start(
      () =>
        new Promise(
          (resolve) =>
            (decide = () => resolve({ allowed: false, status: 401, reason: 'revoked', known: null, tokenId: null })),
        ),
    );
    const response = exchange(port, `GET ${verifyPath} HTTP/1.1\r\nHost: x\r\n${apiKey}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = new Promise((resolve) => server.close(resolve));
    decide();
    const { text } = await response;
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).toMatch(/\r\nConnection: close\r\n/i);
    await closed;
  });

  it('accepts no new connections', async () => {
    const { server, port } = await start();
    await new Promise((resolve) => server.close(resolve));
    const failed = new Promise((resolve) => connect(port, '127.0.0.1').on('error', resolve));
    expect(await failed).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
