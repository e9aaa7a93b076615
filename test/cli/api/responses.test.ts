import { type AddressInfo, createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTransport } from '../../../cli/api/transport/transport.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';

let cli: TestCli;
let server: Server | undefined;
beforeEach(async () => {
  cli = await openTestCli({
    env: { TOKENS_SERVER: 'https://tokens.example.com', TOKENS_SESSION: 'session_of_a_script' },
  });
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await cli.close();
});

const user = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
  email: 'ada@example.com',
  name: 'Ada',
  superuser: false,
  disabled: false,
  can_manage_tokens: true,
  sso: false,
  token_count: 1,
  last_used_at: null,
  created_at: '2026-11-20T16:20:00.000Z',
};
const token = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5c',
  name: 'ci',
  prefix: 'tok_8fK2b1Qz',
  description: null,
  owner: 'ada@example.com',
  created_at: '2026-11-20T16:20:00.000Z',
  expires_at: null,
  status: 'active',
  last_used: null,
};
const asking = [['whoami'], ['list'], ['users', 'list'], ['audit'], ['show', 'ci'], ['create', 'ci']];

it.each([
  ['a page', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } })],
  ['a page as a refusal', () => new Response('<html>', { status: 404 })],
  ['nothing', () => new Response(null)],
  ['a number', () => Response.json(7)],
  ['an empty object', () => Response.json({})],
  ['an empty array', () => Response.json([])],
  ['half an object', () => new Response('{"items":[')],
  ['objects of other types', () => Response.json({ items: 7, id: [], email: {}, next_cursor: null })],
  ['a list that never says where it ends', () => Response.json({ items: [] })],
  ['a list that continues at the same place', () => Response.json({ items: [], next_cursor: 'again' })],
  ['a rejection by another API', () => Response.json({ detail: 5 }, { status: 401 })],
  ['not modified', () => new Response(null, { status: 304 })],
])('exits 1 with not-tokensd if the response is %s', async (_, answer) => {
  for (const argv of asking) {
    const ran = await cli.run([...argv, '--json'], { fetch: async () => answer() });
    expect([argv, ran.code, ran.stdout]).toEqual([argv, 1, '']);
    expect(JSON.parse(ran.stderr).code).toBe('not-tokensd');
  }
});

it.each([
  ['errors that are no array', { errors: 5 }],
  ['an error without a detail', { errors: [{}] }],
  ['a request ID that is no string', { request_id: {} }],
  ['a detail that is no string', { detail: null }],
])('exits 1 if a problem has %s', async (_, part) => {
  const problem = { code: 'bad-request', title: 'Bad', detail: 'Why.', status: 400, ...part };
  for (const flags of [[], ['--json'], ['--verbose']]) {
    const ran = await cli.run(['whoami', ...flags], { fetch: async () => Response.json(problem, { status: 400 }) });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/not from a tokensd server/);
  }
});

it.each([
  [
    ['users', 'list'],
    '.items[0].created_at is not a time',
    { items: [{ ...user, created_at: 'soon' }], next_cursor: null },
  ],
  [
    ['list'],
    '.items[0].last_used.at is not a time',
    { items: [{ ...token, last_used: { at: 7 } }], next_cursor: null },
  ],
  [['show', 'ci'], '.items[0].created_at is not a time', { items: [{ ...token, created_at: '' }], next_cursor: null }],
  [['whoami'], '.token_count is not an integer', { ...user, token_count: 'many' }],
])('reports a field that does not fit as not-tokensd, and names it with --verbose: %j', async (argv, reason, body) => {
  const fetch = async () => Response.json(body);
  const ran = await cli.run(argv, { fetch, columns: 100 });
  expect(ran).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error: The response is not from.*\n$/),
  });
  const verbose = await cli.run([...argv, '--verbose'], { fetch, columns: 100 });
  expect(verbose.stderr).toContain(`  Reason: The body${reason}\n`);
  expect(JSON.parse((await cli.run([...argv, '--json'], { fetch })).stderr).code).toBe('not-tokensd');
});

it('shows the unknown token status of a newer server', async () => {
  const fetch = async () => Response.json({ items: [{ ...token, status: 'paused' }], next_cursor: null });
  const ran = await cli.run(['list'], { fetch, columns: 100 });
  expect(ran).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('paused') });
});

it('gives up on an endless response long before memory runs out', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(32);
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => {
      sent += 1;
      controller.enqueue(chunk);
    },
  });
  const ran = await cli.run(['list', '--json'], { fetch: async () => new Response(endless) });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr).code).toBe('not-tokensd');
  expect(sent).toBeLessThan(64);
});

it('gives up on an endless response during a sign-in with a code', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(32);
  let sent = 0;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => {
        sent += 1;
        if (sent > 200) controller.close();
        else controller.enqueue(chunk);
      },
    });
  const metadata = { issuer: 'https://x', authorization_endpoint: 'https://x/oauth/authorize' };
  const fetch = async (input: unknown) => {
    const { pathname } = new URL(String(input));
    if (pathname.endsWith('/me'))
      return Response.json({ code: 'not-authenticated', title: '', detail: '', status: 401 }, { status: 401 });
    return pathname.startsWith('/.well-known') ? Response.json(metadata) : new Response(endless());
  };
  const ran = await cli.run(['login', '--no-browser', '--credential-store', 'file', '--json'], { fetch });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr).code).toBe('not-tokensd');
  expect(sent).toBeLessThan(64);
});

it('prints nothing that a terminal interprets with --verbose', async () => {
  const evil = '\u001b]0;evil\u0007\u009b31m';
  const ran = await cli.run(['revoke', 'ci', '--yes', '--verbose'], {
    fetch: async () => Response.json({ items: [{ ...token, id: evil }], next_cursor: null }),
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

it('gives up on a small response that decompresses to a huge one', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32));
  const url = await listen(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`, bomb);
  const ran = await cli.run(['list', '--json', '--server', url], { fetch: openTransport(1000, {}) });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr).code).toBe('not-tokensd');
});

it.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
])('exits 1 for a port that speaks %s', async (_, bytes) => {
  const url = await listen(bytes);
  const ran = await cli.run(['list', '--json', '--server', url], { fetch: openTransport(1000, {}) });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr).code).toBe('not-tokensd');
});

/** Starts a server that sends `bytes` after the first data on each connection. */
async function listen(...bytes: (string | Buffer)[]): Promise<string> {
  const started = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      for (const part of bytes) socket.write(part);
      socket.end();
    });
  });
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}
