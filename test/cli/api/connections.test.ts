import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { openTransport } from '../../../cli/api/transport/transport.ts';
import { openTestCli } from '../../helpers/cli/cli.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a server that closes each connection after its response without announcing it. */
async function listenAndClose(respond: (request: IncomingMessage) => unknown): Promise<string> {
  return listen((request) => {
    request.resume().once('end', () => {
      const body = JSON.stringify(respond(request));
      request.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
}

/** Runs a command against a server. */
async function run(argv: string[], server: string) {
  const cli = await openTestCli({ env: { TOKENS_SESSION: 'session_of_a_script' } });
  const ran = await cli.run([...argv, '--json', '--server', server], { fetch: openTransport(1000, {}) });
  await cli.close();
  return ran;
}

/** Sends requests one after the other through the same transport, and reads the responses. */
async function sendAll(server: string, requests: readonly RequestInit[]): Promise<void> {
  const send = openTransport(1000, {});
  for (const init of requests) {
    const response = await send(server, init);
    await text(response.body as unknown as AsyncIterable<Uint8Array>);
  }
}

it('reads all pages if the server closes each connection without announcing it', async () => {
  const pages = new Set<number>();
  const server = await listenAndClose((request) => {
    const page = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0);
    pages.add(page);
    return { items: [], next_cursor: page < 2 ? String(page + 1) : null };
  });
  const { code, stdout, stderr } = await run(['list'], server);
  expect({ code, stdout, stderr, pages: [...pages] }).toEqual({
    code: 0,
    stdout: '[]\n',
    stderr: '',
    pages: [0, 1, 2],
  });
});

it('repeats a POST that has an idempotency key on a new connection', async () => {
  const server = await listenAndClose(() => ({}));
  await sendAll(server, [{}, { method: 'POST', headers: [['idempotency-key', 'one']], body: '{}' }]);
});

it.each(['POST', 'PATCH', 'DELETE'])('sends a %s once, because it must not be repeated', async (method) => {
  const methods: unknown[] = [];
  const server = await listenAndClose((request) => methods.push(request.method));
  await sendAll(server, [{}, { method, body: '{}' }]);
  expect(methods).toEqual(['GET', method]);
});

it('sends no request that must not be repeated on a connection that is open already', async () => {
  const server = await listen((_, response) => response.end());
  let connections = 0;
  servers.at(-1)?.on('connection', () => {
    connections += 1;
  });
  await sendAll(server, [{}, {}, { method: 'DELETE' }]);
  expect(connections).toBe(2);
});

it.each([
  { answered: 0, received: 1 },
  { answered: 1, received: 3 },
])('repeats a request at most once: after $answered responses, the server receives $received', async (expected) => {
  let received = 0;
  const server = await listen((request, response) => {
    received += 1;
    if (received <= expected.answered) response.end();
    else request.socket.destroy();
  });
  const requests = [{}, {}].slice(0, expected.answered + 1);
  await expect(sendAll(server, requests)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(received).toBe(expected.received);
});

it('exits 6 if the server switches to another protocol', async () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n';
  const server = createTcpServer((socket) => void socket.on('error', () => undefined).end(switching));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const ran = await run(['list'], `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toContain(' cannot be reached (ECONNRESET)');
});
