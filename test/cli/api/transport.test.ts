import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTransport } from '../../../cli/api/transport/transport.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';

const servers: Server[] = [];
let cli: TestCli;
beforeEach(async () => {
  cli = await openTestCli({ env: { TOKENS_SESSION: 'session_of_a_script' } });
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await cli.close();
});

const run = async (argv: string[], env: Record<string, string> = {}) =>
  cli.run([...argv, '--json'], { fetch: openTransport(1000, env), env });

it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])(
  'uses the proxy in %s, with and without a scheme',
  async (name) => {
    const { url, connects } = await proxy(502);
    for (const address of [url, url.replace('http://', '')]) {
      expect((await run(['list', '--server', 'https://tokens.invalid'], { [name]: address })).code).toBe(6);
    }
    expect(connects).toEqual(['tokens.invalid:443', 'tokens.invalid:443']);
  },
);

it.each([
  ['https://tokens.invalid', '.invalid'],
  ['https://tokens.invalid:1', 'other.invalid,tokens.invalid:1'],
  ['https://203.0.113.9:1', '203.0.113.0/24'],
  ['https://203.0.113.9:1', '*'],
])('connects to %s directly if NO_PROXY is %s', async (server, exceptions) => {
  const { url, connects } = await proxy(502);
  await run(['list', '--server', server], { HTTPS_PROXY: url, NO_PROXY: exceptions, TOKENS_TIMEOUT: '0.5' });
  expect(connects).toEqual([]);
});

it('sends the password of the proxy only to the proxy', async () => {
  const { url, connects, credentials } = await proxy(502);
  const withPassword = url.replace('http://', 'http://ada:p%40ss@');
  const ran = await run(['list', '--server', 'https://tokens.invalid'], { ALL_PROXY: withPassword });
  expect(connects).toEqual(['tokens.invalid:443']);
  expect(credentials).toEqual([`Basic ${Buffer.from('ada:p@ss').toString('base64')}`]);
  expect(ran.stderr).not.toContain('p@ss');
});

it('exits 6 and names the proxy if it refuses to connect', async () => {
  const { url } = await proxy(407);
  const ran = await run(['create', 'ci', '--server', 'https://tokens.invalid'], { HTTPS_PROXY: url });
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toMatch(/^The proxy refused to connect to https:\/\/tokens.invalid.*407/);
});

it('exits 6 and names the variable of a proxy that cannot be reached', async () => {
  const ran = await run(['list', '--server', 'https://tokens.invalid'], { all_proxy: 'http://127.0.0.1:1' });
  expect(ran.code).toBe(6);
  const detail =
    'https://tokens.invalid cannot be reached through the proxy in all_proxy (ECONNREFUSED). Check all_proxy and NO_PROXY.';
  expect(JSON.parse(ran.stderr).detail).toBe(detail);
});

it('never uses a proxy for loopback, where it would read the session', async () => {
  const { url, connects } = await proxy(502);
  const env = { http_proxy: url, HTTP_PROXY: url, https_proxy: url, ALL_PROXY: url };
  const server = await listen((_, response) => response.end('{"items":[],"next_cursor":null}'));
  expect(await run(['list', '--server', server], env)).toMatchObject({ code: 0, stdout: '[]\n' });
  expect((await run(['list', '--server', server.replace('127.0.0.1', 'localhost')], env)).code).toBe(0);
  expect(connects).toEqual([]);
});

it.each(['http://', 'ftp://user:sekret@proxy.example.com'])(
  'exits 2 for an invalid proxy variable and does not repeat it: %s',
  async (value) => {
    const ran = await run(['list', '--server', 'https://tokens.invalid'], { https_proxy: value });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('https_proxy is not the URL of a proxy');
    expect(ran.stderr).not.toContain('sekret');
  },
);

it('keeps one connection for all requests of a command', async () => {
  const server = await listen((request, response) => {
    const page = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0);
    response.end(JSON.stringify({ items: [], next_cursor: page < 3 ? String(page + 1) : null }));
  });
  let connections = 0;
  servers.at(-1)?.on('connection', () => {
    connections += 1;
  });
  expect((await run(['list', '--server', server])).code).toBe(0);
  expect(connections).toBe(1);
});

it.each(['POST', 'PUT', 'DELETE'])('sends the length of the body with %s', async (method) => {
  let received = '';
  const server = await listen(async (request, response) => {
    for await (const chunk of request) received += chunk;
    response.end(request.headers['content-length']);
  });
  const response = await openTransport(1000, {})(server, { method, body: '{"name":"é"}' });
  expect([received, await text(response.body as unknown as AsyncIterable<Uint8Array>)]).toEqual(['{"name":"é"}', '13']);
});

it('exits 6 if the response stops in the middle for longer than TOKENS_TIMEOUT', async () => {
  const server = await listen((_, response) => response.write('{"items":['));
  const ran = await run(['list', '--server', server], { TOKENS_TIMEOUT: '0.3' });
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toMatch(/ did not respond in time\. Try again later\.$/);
});

it('exits 6 if the connection ends in the middle of the response', async () => {
  const server = await listen((_, response) => {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('{"items":[', () => response.destroy());
  });
  const ran = await run(['list', '--server', server]);
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toContain(' cannot be reached (ECONNRESET)');
});

it('gives up a TLS handshake that takes longer than the time limit for connecting', async () => {
  const silent = createTcpServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const ran = await cli.run(['create', 'ci', '--json', '--server', url], { fetch: openTransport(100, {}) });
  silent.close();
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toContain(`${url} cannot be reached (CONNECT_TIMEOUT)`);
});

it('keeps the time limit across garbage collections', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const server = await listen(() => undefined);
  const tidying = setInterval(collectGarbage, 50);
  const ran = await run(['list', '--server', server], { TOKENS_TIMEOUT: '0.5' });
  clearInterval(tidying);
  expect(ran.code).toBe(6);
});

it('causes no warning from Node with many requests', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  let page = 0;
  const server = await listen((_, response) => {
    page += 1;
    response.end(JSON.stringify({ items: [], next_cursor: page < 15 ? String(page) : null }));
  });
  expect((await run(['list', '--server', server])).code).toBe(0);
  await new Promise((done) => setTimeout(done, 10));
  process.off('warning', hear);
  expect(page).toBe(15);
  expect(warnings).toEqual([]);
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a proxy that responds to every CONNECT with `status`. */
async function proxy(status: number): Promise<{ url: string; connects: string[]; credentials: string[] }> {
  const connects: string[] = [];
  const credentials: string[] = [];
  const url = await listen((request, response) => {
    connects.push(request.url ?? '');
    response.writeHead(502).end();
  });
  servers.at(-1)?.on('connect', (request, socket) => {
    connects.push(request.url ?? '');
    credentials.push(request.headers['proxy-authorization'] ?? '');
    socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
  });
  return { url, connects, credentials };
}
