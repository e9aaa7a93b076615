import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTransport } from '../../../cli/api/transport/transport.ts';
import { problems } from '../../../shared/problems.ts';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';

let cli: TestCli;
let server: Server | undefined;
beforeEach(async () => {
  cli = await openTestCli({
    env: { TOKENS_SERVER: 'https://tokens.example.com', TOKENS_SESSION: 'session_of_a_script' },
  });
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await cli.close();
});

it('prints help on stdout and exits 0 without a command', async () => {
  const ran = await cli.run([]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toContain('create               Create a token');
  expect((await cli.run(['--help'])).stdout).toBe(ran.stdout);
  expect((await cli.run(['users'])).code).toBe(0);
});

it.each([
  ['list --status activ', 'Did you mean active?'],
  ['list --sort expirse', 'Did you mean expires'],
  ['completion bahs', 'Did you mean bash?'],
])('suggests a value after `%s`', async (line, suggestion) => {
  const ran = await cli.run(line.split(' '));
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(`. ${suggestion}`);
});

it('suggests at most two options', async () => {
  expect((await cli.run(['list', '--no'])).stderr).toContain('Did you mean --no-expiry or --no-canaries?');
});

it('suggests nothing for two letters that begin a command, nor for half of its letters', async () => {
  expect((await cli.run(['rvk'])).stderr).toBe("error: Unknown command 'rvk'. Run `tokens --help` for help.\n");
  expect((await cli.run(['wh'])).stderr).toBe("error: Unknown command 'wh'. Run `tokens --help` for help.\n");
});

it('suggests no value if none is close', async () => {
  const { stderr } = await cli.run(['list', '--status', 'xylophone']);
  expect(stderr).toMatch(/Allowed choices are active, .*, revoked\. Run `tokens list --help` for help\.\n$/);
});

it('prints the version with --version', async () => {
  expect(await cli.run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
});

it('exits 2 for an unknown command and suggests another', async () => {
  const ran = await cli.run(['revokee']);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain('Did you mean revoke?');
  expect((await cli.run(['users', 'lst'])).code).toBe(2);
});

it.each([
  ['delete ci', 'revoke'],
  ['remove ci', 'revoke'],
  ['destroy ci', 'revoke'],
  ['renew ci', 'rotate'],
  ['regenerate ci', 'rotate'],
  ['roll ci', 'rotate'],
  ['refresh ci', 'rotate'],
  ['rename ci', 'edit'],
  ['extend ci', 'edit'],
  ['new ci', 'create'],
  ['add ci', 'create'],
  ['generate ci', 'create'],
  ['suspend ci', 'pause'],
  ['members list', 'users'],
  ['help delete', 'revoke'],
  ['users create ada@example.com', 'add'],
  ['users remove ada@example.com', 'delete'],
  ['apps add grafana', 'create'],
  ['servers delete x', 'remove'],
  ['clients roll gateway', 'rotate'],
  ['users disabel ada@example.com', 'disable'],
  ['lsit', 'list'],
  ['shwo ci', 'show'],
  ['users lsit', 'list'],
  ['tokens lsit', 'list'],
  ['usr list', 'users'],
  ['users rm ada@example.com', 'delete'],
  ['servers add https://tokens.example.com', '`tokens login`'],
  ['webhooks suspend https://hooks.example.com', '`tokens webhooks edit --disable`'],
  ['delete --help', 'revoke'],
  ['users lst -h', 'list'],
  ['--json users remove --help', 'delete'],
])('suggests for `tokens %s` the command %s, and sends nothing', async (line, meant) => {
  const ran = await cli.run(line.split(' '));
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr).toContain(`Did you mean ${meant}?`);
});

it.each([
  ['--expire', '--expires'],
  ['--desc', '--description'],
  ['--desc=x', '--description'],
  ['--self', '--self-rotate'],
])('suggests for the option %s the option %s', async (option, meant) => {
  const { code, stderr } = await cli.run(['create', 'ci', option, 'x']);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`Did you mean ${meant}?`)]);
});

it('takes help for a name after a command', async () => {
  expect((await cli.run(['show', 'help'])).stdout).not.toContain('Usage:');
});

it('prints the help of a command whose argument is not a command', async () => {
  expect(await cli.run(['create', 'delete', '--help'])).toMatchObject({ code: 0, stderr: '' });
  expect(await cli.run(['users', 'add', 'x@example.com', '-h'])).toMatchObject({ code: 0, stderr: '' });
});

it.each([
  ['help crate', 'Did you mean create? Run `tokens --help` for help.'],
  ['help users lst', "Unknown command 'lst'. Did you mean list? Run `tokens users --help` for help."],
  ['users help lst', "Unknown command 'lst'. Did you mean list? Run `tokens users --help` for help."],
  ['users help list add', "`tokens help users list` takes no more words. Leave out 'add'."],
  ['help teams', 'Did you mean team?'],
  ['help qqqqqqq', "Unknown command 'qqqqqqq'. Run `tokens --help` for help."],
  ['help environmet', 'Did you mean environment?'],
  ['help formating', 'Did you mean formatting?'],
  ['help exit-code', 'Did you mean exit-codes?'],
  ['help Environment', 'Did you mean environment?'],
  ['help users environmet', "Unknown command 'environmet'. Run `tokens users --help` for help."],
  ['help environment extra', "`tokens help environment` takes no more words. Leave out 'extra'."],
  ['help create ci', "`tokens help create` takes no more words. Leave out 'ci'."],
  ['help users add list', "`tokens help users add` takes no more words. Leave out 'list'."],
  ['Delete ci', 'Did you mean revoke?'],
  ['REVOKE ci', 'Did you mean revoke?'],
  ['Team list', 'Did you mean team?'],
  ['lst', "Unknown command 'lst'. Did you mean list? Run `tokens --help` for help."],
  ['token create ci', "Unknown command 'token'. Did you mean create? Run `tokens --help` for help."],
  ['tokens crate ci', 'Did you mean create?'],
  ['token delete ci', 'Did you mean revoke?'],
  ['users token list', "Unknown command 'token'. Run `tokens users --help` for help."],
  ['token', "Unknown command 'token'. Run `tokens --help` for help."],
  ['members list', "Unknown command 'members'. Did you mean users? Run `tokens --help` for help."],
  ['user list', 'Did you mean users? Run `tokens --help` for help.'],
  ['--server https://list.example.com --json users lst', "Unknown command 'lst'. Did you mean list?"],
  ['--server list user', "Unknown command 'user'. Did you mean users?"],
])('rejects `tokens %s` and says what to do', async (line, hint) => {
  const ran = await cli.run(line.split(' '));
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(hint) });
});

it.each([
  [['help'], 'Usage: tokens [options] [command]'],
  [['help', 'create'], 'Usage: tokens create [options] [name]'],
  [['help', 'ls'], 'Usage: tokens list|ls [options]'],
  [['help', 'users', 'add'], 'Usage: tokens users add [options] [email]'],
  [['users', 'help'], 'Usage: tokens users|team [options] [command]'],
  [['users', '--no-color', 'help', 'ls'], 'Usage: tokens users list|ls [options]'],
  [['help', 'users', '--no-color'], 'Usage: tokens users|team [options] [command]'],
  [['--no-color', 'help', 'users', 'add'], 'Usage: tokens users add [options] [email]'],
  [['--server', 'help', 'help', 'ls'], 'Usage: tokens list|ls [options]'],
  [['--json', 'help', 'formatting'], 'RFC 3339'],
  [['help', '--verbose', 'exit-codes'], 'Exit codes'],
])('prints help for %j', async (argv, usage) => {
  expect(await cli.run(argv)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(usage) });
});

it.each([
  [{ 'Retry-After': '1' }, '  Retry after: 1 second\n', 1],
  [{ 'Retry-After': '90' }, '  Retry after: 90 seconds\n', 90],
  [{ 'Retry-After': '290' }, '  Retry after: 5 minutes\n', 290],
  [{ 'Retry-After': 'Mon, 23 Nov 2026 16:20:00 GMT' }, '', undefined],
  [{}, '', undefined],
])('prints when to retry after a 429 with %j', async (headers, text, seconds) => {
  const problem = { type: 'urn:x', title: 'Too many', status: 429, detail: 'Too many sign-ins.', code: 'throttled' };
  for (const body of [JSON.stringify(problem), '<html>']) {
    const fetch = async () => new Response(body, { status: 429, headers });
    const ran = await cli.run(['whoami'], { fetch });
    expect(ran.code).toBe(7);
    expect(ran.stderr).toMatch(new RegExp(`^error: .*\n${text}$`));
    expect(JSON.parse((await cli.run(['whoami', '--json'], { fetch })).stderr)).toMatchObject({ code: 'throttled' });
    expect(JSON.parse((await cli.run(['whoami', '--json'], { fetch })).stderr).retry_after).toBe(seconds);
  }
});

it.each([
  [['create']],
  [['create', 'a', 'b']],
  [['list', '--colour']],
  [['show']],
  [['--server']],
  [['grant']],
  [['check', 'tok_x']],
])('exits 2 for %j, with one problem on one line with --json', async (argv) => {
  expect((await cli.run(argv)).code).toBe(2);
  const ran = await cli.run(['--json', ...argv]);
  expect(ran).toMatchObject({ code: 2, stdout: '' });
  expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(ran.stderr)).toMatchObject({ type: 'about:blank', status: 0, code: 'usage', title: 'Usage error' });
});

it('accepts global options before and after the command', async () => {
  const requests: string[] = [];
  const fetch: typeof globalThis.fetch = async (url) => {
    requests.push(String(url));
    return Response.json({ items: [], next_cursor: null });
  };
  for (const argv of [
    ['--server', 'https://other.example.com', '--json', 'users', 'list'],
    ['users', 'list', '--json', '--server', 'https://other.example.com'],
    ['users', '--server=https://other.example.com', 'list', '--json'],
  ]) {
    expect(await cli.run(argv, { fetch })).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  }
  expect(requests).toEqual(Array(3).fill('https://other.example.com/api/v1/users?limit=200'));
});

it.each(Object.entries(problems).filter(([, { status }]) => status > 0))(
  'passes the daemon’s problem %s through on stderr, with its exit code',
  async (code, { status, title, exit }) => {
    const problem = { type: 'urn:x', title, status, detail: 'Why.', code, request_id: 'r1', extra: '\u009b' };
    const answer = async () =>
      new Response(JSON.stringify(problem), { status, headers: { 'Content-Type': 'application/problem+json' } });
    const ran = await cli.run(['whoami', '--json'], { fetch: answer });
    expect(ran).toMatchObject({ code: exit, stdout: '' });
    const confirm = ' Run the command in a terminal, or make the change in the console.';
    const detail = code === 'confirmation-required' ? `Why.${confirm}` : 'Why.';
    expect(JSON.parse(ran.stderr)).toEqual({ ...problem, detail });
    expect(ran.stderr).toContain('\\u009b');
    const requestId = status >= 500 ? '\n  Request ID: r1' : '';
    const text = code === 'not-authenticated' ? 'Why. It is the one in TOKENS_SESSION.' : detail;
    expect((await cli.run(['whoami'], { fetch: answer })).stderr).toBe(`error: ${text}${requestId}\n`);
  },
);

it.each([
  [400, 2],
  [401, 4],
  [403, 4],
  [404, 3],
  [409, 5],
  [422, 2],
  [429, 7],
  [500, 1],
  [418, 1],
])('derives the exit code of an unknown problem from status %i: %i', async (status, exit) => {
  const problem = { type: 'urn:x', title: 'New', status, detail: 'Why.', code: 'of-a-later-version' };
  expect((await cli.run(['whoami'], { fetch: async () => Response.json(problem, { status }) })).code).toBe(exit);
});

it('removes control characters from problem texts', async () => {
  const problem = { type: 'urn:x', title: 'x', status: 500, detail: 'a\u001b[2Jb\u009b31mc\u202ed', code: 'internal' };
  const { stderr } = await cli.run(['whoami'], { fetch: async () => Response.json(problem, { status: 500 }) });
  expect(stderr).toBe('error: abcd\n');
});

it('exits 1 for an unexpected error, without a stack trace and without secrets', async () => {
  const fetch = () => {
    throw new RangeError('odd tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE');
  };
  const ran = await cli.run(['whoami', '--json'], { fetch });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'unexpected', detail: expect.stringContaining('odd') });
  expect(ran.stderr).not.toContain('ILT3ijSzE');
  expect(ran.stderr).not.toContain('    at ');
});

it('exits 1 for a redirect, prints its target and does not follow it', async () => {
  const requests: string[] = [];
  const url = await listen((request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(307, { Location: 'https://elsewhere.example.com/login' }).end();
  });
  const ran = await cli.run(['whoami', '--json', '--server', url], { fetch: openTransport(1000, {}) });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr)).toMatchObject({
    code: 'redirected',
    detail: expect.stringContaining('https://elsewhere.example.com/login'),
  });
  expect(requests).toHaveLength(1);
});

it.each([
  ['r-17', ' (request ID r-17)'],
  [undefined, ''],
  ['x'.repeat(129), ''],
])('names the request ID of a gateway that responds with 502: %s', async (id, shown) => {
  const headers: Record<string, string> = id === undefined ? {} : { 'X-Request-Id': id };
  const ran = await cli.run(['whoami'], { fetch: async () => new Response('Bad gateway', { status: 502, headers }) });
  const detail = `A gateway in front of the server responded with 502${shown}. Try again later.`;
  expect(ran).toEqual({ code: 1, stdout: '', stderr: `error: ${detail}\n` });
});

it('exits 6 if the server does not respond within TOKENS_TIMEOUT', async () => {
  const url = await listen(() => undefined);
  const ran = await cli.run(['whoami', '--json', '--server', url], {
    fetch: openTransport(1000, {}),
    env: { TOKENS_TIMEOUT: '0.2' },
  });
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr).code).toBe('unreachable');
});

it('exits 6 if a response never ends', async () => {
  const url = await listen(
    (_, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"a":'),
  );
  const ran = await cli.run(['whoami', '--server', url], {
    fetch: openTransport(1000, {}),
    env: { TOKENS_TIMEOUT: '0.2' },
  });
  expect(ran.code).toBe(6);
});

it('exits 6 if nothing listens on the port', async () => {
  const url = await listen(() => undefined);
  await new Promise((done) => server?.close(done));
  expect((await cli.run(['whoami', '--server', url], { fetch: openTransport(1000, {}) })).code).toBe(6);
});

it.each(['0', '-1', 'soon', '1e9'])('rejects TOKENS_TIMEOUT=%s', async (text) => {
  expect((await cli.run(['whoami'], { env: { TOKENS_TIMEOUT: text } })).code).toBe(2);
});

it('sends its User-Agent, and prints requests without secrets with --verbose', async () => {
  const agents: (string | undefined)[] = [];
  const url = await listen((request, response) => {
    agents.push(request.headers['user-agent']);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"items":[],"next_cursor":null}');
  });
  const ran = await cli.run(['users', 'list', '--verbose', '--server', url], { fetch: openTransport(1000, {}) });
  expect(agents).toEqual(['tokens/1.2.3 node/20.0.0 test']);
  expect(ran.stderr).toContain(`> GET ${url}/api/v1/users?limit=200\n< 200`);
  expect(ran.stderr).not.toContain('session_of_a_script');
});

async function listen(handler: Parameters<typeof createServer>[1] & object): Promise<string> {
  const started = createServer(handler);
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}
