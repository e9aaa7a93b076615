import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { undiciFetch } from '../../../cli/api/transport/transport.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';

const servers: Server[] = [];
let cli: TestCli;
beforeEach(async () => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, undefined);
  }
  cli = await openTestCli({ env: { TOKENS_SESSION: 'session_of_a_script' } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await cli.close();
});

const run = async (argv: string[], env: Record<string, string> = {}) =>
  cli.run([...argv, '--json'], { fetch: await undiciFetch(1000), env });

it('uses the proxy of the environment for https, except for NO_PROXY', async () => {
  const { url, connects } = await proxy(502);
  vi.stubEnv('HTTPS_PROXY', url);
  await run(['list', '--server', 'https://tokens.invalid']);
  expect(connects).toEqual(['tokens.invalid:443']);
  vi.stubEnv('NO_PROXY', '.invalid');
  await run(['list', '--server', 'https://tokens.invalid']);
  expect(connects).toHaveLength(1);
});

it('exits 6 and names the proxy if it refuses to connect', async () => {
  vi.stubEnv('HTTPS_PROXY', (await proxy(407)).url);
  const ran = await run(['create', 'ci', '--server', 'https://tokens.invalid']);
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).detail).toMatch(/^The proxy refused to connect to https:\/\/tokens.invalid.*407/);
});

it('never uses a proxy for loopback, where it would read the session', async () => {
  const { url, connects } = await proxy(502);
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy']) vi.stubEnv(name, url);
  const server = await listen((_, response) => response.end('{"items":[],"next_cursor":null}'));
  expect(await run(['list', '--server', server])).toMatchObject({ code: 0, stdout: '[]\n' });
  expect((await run(['list', '--server', server.replace('127.0.0.1', 'localhost')])).code).toBe(0);
  expect(connects).toEqual([]);
});

it.each(['junk', 'ftp://user:sekret@proxy.example.com'])(
  'exits 2 for an invalid proxy variable and does not repeat it: %s',
  async (value) => {
    vi.stubEnv('https_proxy', value);
    const ran = await run(['list', '--server', 'https://tokens.invalid']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain('sekret');
  },
);

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
async function proxy(status: number): Promise<{ url: string; connects: string[] }> {
  const connects: string[] = [];
  const url = await listen((request, response) => {
    connects.push(request.url ?? '');
    response.writeHead(502).end();
  });
  servers.at(-1)?.on('connect', (request, socket) => {
    connects.push(request.url ?? '');
    socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
  });
  return { url, connects };
}
