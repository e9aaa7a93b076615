import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as advice from '../../cli/commands/doctor/advice.ts';
import type { Check } from '../../cli/commands/doctor/check.ts';
import { listen, startTestServer, type TestServer } from '../helpers/app/http.ts';
import { onTerminal, openTestCli, type TestCli } from '../helpers/cli/cli.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import { deleteApp, issueGated, registerApp } from '../helpers/gate/gated.ts';

/** Configuration mistakes of a test proxy. Without any, the proxy is configured correctly. */
interface Mistakes {
  /** Allows these requests whatever the verdict is. */
  open?: (req: IncomingMessage) => boolean;
  /** The response to a denied request. Default: 401. */
  denial?: { status: number; headers?: Record<string, string> };
  /** Client headers that the proxy forwards unchanged, in addition to the identity. */
  forwards?: RegExp;
  /** Removes the headers that the client's `Connection` header names. */
  hopByHop?: boolean;
  /** The API's response. Default: the headers that it received, as JSON. */
  api?: (req: IncomingMessage, res: ServerResponse) => void;
  /** Removes the credentials before it asks the daemon for a verdict. */
  dropsCredentials?: boolean;
  /** Credentials that the proxy passes on to the daemon. Default: all. */
  takes?: RegExp;
  /** Client headers that the proxy does not forward, in addition to the credential that counted. */
  removes?: RegExp;
  /** The host that the proxy tells the daemon: `client` or `none`. Default: that of the request. */
  tells?: 'client' | 'none';
  /** The route of the daemon. */
  route?: string;
}

let daemon: TestServer;
let cli: TestCli;
let token: string;
const cleanups: Array<() => void> = [];

beforeAll(async () => {
  daemon = await startTestServer();
  cli = await openTestCli(onTerminal);
  token = (await daemon.issue('for the doctor')).value;
});
afterAll(async () => {
  await cli.close();
  await daemon.stop();
});
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Starts a server that is stopped after the test, and returns an address on it. */
async function startServer(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${await listen(server)}/builds/42`;
}

/** Starts a proxy that verifies each request with the daemon, and returns an address behind it. Adds each denial to `denials`. */
function startProxy(mistakes: Mistakes = {}, denials: string[] = []): Promise<string> {
  return startServer(
    createHttpServer({ insecureHTTPParser: mistakes.open !== undefined }, async (req, res) => {
      const verdict = await verify(mistakes.dropsCredentials ? [] : req.rawHeaders, mistakes);
      const { denial } = mistakes;
      if (verdict.statusCode !== 200 && !mistakes.open?.(req)) {
        denials.push(`${verdict.statusCode}`);
        if (denial) return void res.writeHead(denial.status, denial.headers).end('denied');
        const { 'www-authenticate': _, connection: __, 'content-length': ___, ...rest } = verdict.headers;
        return void res.writeHead(verdict.statusCode ?? 0, { ...rest, 'WWW-Authenticate': ['Token', 'Bearer'] }).end();
      }
      const forwarded = forwardedHeaders(req, verdict, mistakes);
      if (mistakes.api) return mistakes.api(req, res);
      res.end(JSON.stringify(forwarded));
    }),
  );
}

/** Asks the daemon for a verdict on the credentials in these headers. */
function verify(
  rawHeaders: string[],
  { takes = /^/, tells, route = '/verify/forward-auth' }: Mistakes,
): Promise<IncomingMessage> {
  const credentials: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    if (/^(authorization|x-api-key|x-tokens-authorization)$/i.test(name) && takes.test(value))
      credentials.push(name, value);
    if (tells === 'client' && /^x-forwarded-host$/i.test(name)) credentials.push(name, value);
    if (tells === undefined && /^host$/i.test(name)) credentials.push('X-Forwarded-Host', value);
  }
  return new Promise((resolve, reject) => {
    const headers = ['Host', 'tokensd', ...credentials];
    request({ port: daemon.port, path: route, headers, agent: false }, (res) => resolve(res.resume()))
      .on('error', reject)
      .end();
  });
}

/** Returns the identity and the client headers that the proxy forwards to the API. */
function forwardedHeaders(
  req: IncomingMessage,
  verdict: IncomingMessage,
  { forwards = /^$/, hopByHop, removes = /^$/ }: Mistakes,
): string[][] {
  const forwarded: string[][] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    const used = new RegExp(`^(x.auth.*|x-tokens-authorization|${verdict.headers['x-tokens-credential']})$`, 'i');
    if ((!used.test(name) && !removes.test(name)) || forwards.test(name))
      forwarded.push([name, req.rawHeaders[i + 1] ?? '']);
  }
  const identity = Object.entries(verdict.headers).filter(([name]) => name.startsWith('x-auth'));
  const named = hopByHop ? (req.headers.connection ?? '').toLowerCase().split(/, */) : [];
  return [...forwarded, ...identity.map(([name, value]) => [name, `${value}`])].filter(
    ([name = '']) => !named.includes(name.toLowerCase()),
  );
}

const doctor = (url: string, stdin = '', ...argv: string[]) => cli.run(['doctor', 'proxy', url, ...argv], { stdin });

const notTried =
  'Not tried: POST and other methods that change data, other paths than those below the address, other hosts and HTTP/2.\n';

/** Runs the doctor with `--json` and groups the names of its checks by result. */
async function checks(url: string, stdin = '') {
  const ran = await doctor(url, stdin, '--json');
  const all = JSON.parse(ran.stdout) as Check[];
  const named = (result: Check['result']) => all.filter((item) => item.result === result).map(({ check }) => check);
  const of = (name: string) => all.find(({ check }) => check === name);
  return { ...ran, all, of, passed: named('passed'), failed: named('failed'), skipped: named('skipped') };
}

const outside = [
  'no-token',
  'malformed-token',
  'unknown-token',
  'unknown-key',
  'forged-identity',
  'forged-identity-underscores',
  'forged-original',
  'forged-forwarded',
  'forged-address',
  'long-forwarded-for',
  'hop-by-hop',
  'absolute-form',
  'two-hosts',
  'two-lengths',
  'path-spellings',
  'path-suffixes',
  'methods',
];
const inside = [
  'good-token',
  'kept-token',
  'own-credential',
  'told-identity',
  'told-identity-underscores',
  'kept-identity',
  'h2c-upgrade',
  'chosen-app',
];

describe('a correctly configured proxy', () => {
  it('passes every check, and exits 0', async () => {
    const ran = await checks(await startProxy(), token);
    expect(ran.all.filter(({ result }) => result !== 'passed')).toEqual([]);
    expect(ran.passed).toEqual([...outside, ...inside]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });

  it('is checked only from outside without a token on stdin', async () => {
    const ran = await checks(await startProxy());
    expect(ran).toMatchObject({ code: 0, passed: outside, skipped: inside, failed: [] });
    expect(ran.of('good-token')?.detail).toBe('no token on standard input');
  });

  it('is reported as lines with ✓ on a terminal, and as columns in a pipe', async () => {
    const url = await startProxy();
    const shown = await cli.run(['doctor', 'proxy', url], { stdin: token, columns: 80 });
    const lines = shown.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(outside.length + inside.length);
    for (const line of lines) expect(line).toContain('✓');
    expect(shown).toMatchObject({ code: 0, stderr: `Found no way past the proxy.\n${notTried}` });
    const piped = await doctor(url);
    expect(piped.stdout).toMatch(/^RESULT\tCHECK\tDETAIL\tNGINX\tCADDY\npassed\tno-token\tresponded 401\t\t\n/);
    expect(piped.stderr).toBe(`Found no way past the proxy. Skipped 8 checks.\n${notTried}`);
  });

  it('skips the identity checks if the API does not echo its request', async () => {
    const ran = await checks(await startProxy({ api: (_req, res) => res.end('fine') }), token);
    expect(ran).toMatchObject({ code: 0, failed: [], skipped: [...inside.slice(1, -2), 'chosen-app'] });
  });

  it('is reported with the forms of credential that it takes', async () => {
    const all = await checks(await startProxy(), token);
    expect(all.of('good-token')?.detail).toBe(
      'responded 200; the gate takes Token, Bearer, Basic, X-API-Key and X-Tokens-Authorization',
    );
    const some = await checks(await startProxy({ takes: /^(bearer .*|tok_.*)$/i }), token);
    expect(some).toMatchObject({ code: 0, failed: [], skipped: [] });
    expect(some.of('good-token')?.detail).toBe(
      'responded 200; the gate takes Bearer, X-API-Key and X-Tokens-Authorization, but not Token and Basic',
    );
    const one = await checks(await startProxy({ takes: /^tok_/ }), token);
    expect(one.of('good-token')?.detail).toBe(
      'responded 200; the gate takes X-API-Key and X-Tokens-Authorization, but not Token, Bearer and Basic',
    );
    expect(one).toMatchObject({ code: 0, failed: [] });
  });
});

const has =
  (name: RegExp, value = /./) =>
  (req: IncomingMessage) =>
    req.rawHeaders.some((text, i) => i % 2 === 0 && name.test(text) && value.test(req.rawHeaders[i + 1] ?? ''));

describe('a proxy that', () => {
  it.each<[string, Mistakes, string[], string]>([
    ['allows every request', { open: () => true }, outside.slice(0, 4), 'auth_request /_tokensd;'],
    ['trusts X-Auth-User', { open: has(/^x-auth-user$/i) }, ['forged-identity'], 'auth_request /_tokensd;'],
    ['trusts X_Auth_User', { open: has(/^x_auth_user$/i) }, ['forged-identity-underscores'], 'auth_request /_tokensd;'],
    [
      'decides by the client’s X-Original-URI',
      { open: has(/^x-original-uri$/i, /^.healthz$/) },
      ['forged-original'],
      'proxy_set_header X-Original-URI $request_uri;',
    ],
    [
      'decides by the client’s X-Forwarded-Method',
      { open: has(/^x-forwarded-method$/i, /^OPTIONS$/) },
      ['forged-forwarded'],
      'proxy_set_header X-Original-URI $request_uri;',
    ],
    [
      'trusts X-Forwarded-For',
      { open: has(/^x-forwarded-for$/i, /^127/) },
      ['forged-address', 'hop-by-hop'],
      'proxy_set_header X-Forwarded-For $remote_addr;',
    ],
    [
      'allows any Bearer credential',
      { open: has(/^authorization$/i, /^Bearer/) },
      ['malformed-token', 'unknown-token'],
      'auth_request /_tokensd;',
    ],
    [
      'allows an unknown token in Basic',
      { open: has(/^authorization$/i, /^Basic .{40}/) },
      ['unknown-token'],
      'auth_request /_tokensd;',
    ],
    [
      'removes Authorization before it verifies',
      { open: has(/^connection$/i, /authorization/i) },
      ['hop-by-hop'],
      'proxy_set_header Connection "";',
    ],
    ['allows absolute URLs', { open: (req) => /^http:/.test(req.url ?? '') }, ['absolute-form'], 'location / {'],
    [
      'allows a second Host',
      { open: (req) => req.rawHeaders.filter((text) => text === 'Host').length > 1 },
      ['two-hosts'],
      'location / {',
    ],
    ['allows two lengths', { open: has(/^transfer-encoding$/i) }, ['two-lengths'], 'location / {'],
    [
      'matches paths literally',
      {
        open: (req) =>
          !req.url?.startsWith('/builds') && !req.url?.startsWith('/tokens-doctor') && !req.url?.startsWith('http'),
      },
      ['path-spellings'],
      'location / {',
    ],
    [
      'serves paths that end like files',
      { open: (req) => /\.css$/.test(req.url ?? '') },
      ['path-suffixes'],
      'location / {',
    ],
    ['lets OPTIONS pass', { open: (req) => req.method === 'OPTIONS' }, ['methods'], 'auth_request /_tokensd;'],
  ])(
    '%s is reported without a token, together with configuration lines that fix it',
    async (_, mistakes, failed, line) => {
      const url = await startProxy(mistakes);
      const ran = await checks(url);
      expect(ran.failed).toEqual(failed);
      expect(ran.code).toBe(4);
      expect(ran.of(failed[0] ?? '')?.nginx).toContain(line);
      expect(ran.of(failed[0] ?? '')?.caddy).not.toEqual([]);
      expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'proxy-hole', status: 0 });
      const shown = await cli.run(['doctor', 'proxy', url], { columns: 80 });
      expect(shown.stdout).toContain('✗');
      expect(shown.stdout).toContain(`    nginx  ${line}\n`);
      expect(shown.stderr).toMatch(
        new RegExp(`^error: The proxy at 127.0.0.1:\\d+ failed ${failed.length} of 25 checks.\n$`),
      );
    },
  );

  it.each<[string, Mistakes, string, string[]]>([
    ['forwards X-Auth-*', { forwards: /^x-auth-/i }, 'told-identity', ['proxy_set_header X-Auth-User $auth_user;']],
    [
      'forwards one X-Auth-* header',
      { forwards: /^x-auth-token-name$/i },
      'told-identity',
      ['proxy_set_header X-Auth-Token-Name $auth_token_name;'],
    ],
    ['forwards X_Auth_*', { forwards: /^x_auth_/i }, 'told-identity-underscores', ['underscores_in_headers off;']],
    ['lets a client remove the identity', { hopByHop: true }, 'kept-identity', ['proxy_set_header Connection "";']],
    [
      'forwards the token',
      { forwards: /^(authorization|x-tokens-authorization)$/i },
      'kept-token',
      ['proxy_set_header Authorization $api_authorization;', 'proxy_set_header X-Tokens-Authorization "";'],
    ],
    [
      'removes the API’s own X-API-Key',
      { removes: /^x-api-key$/i },
      'own-credential',
      ['proxy_set_header X-API-Key $api_key;'],
    ],
  ])('%s is reported with a token', async (_, mistakes, failed, lines) => {
    const url = await startProxy(mistakes);
    const ran = await checks(url, token);
    expect(ran).toMatchObject({ code: 4, failed: [failed] });
    expect(ran.of(failed)?.nginx).toEqual(expect.arrayContaining(lines));
    expect((await checks(url)).code).toBe(0);
  });

  it('lets a client choose the app is reported with any token', async () => {
    const { value } = await issueGated(daemon.store);
    const app = await registerApp(daemon.store, 'builds', { hosts: ['127.0.0.1'] });
    const restricted = await issueGated(daemon.store, { apps: [app.id] });
    for (const token of [value, restricted.value]) {
      const believing = await checks(await startProxy({ tells: 'client' }), token);
      if (token === value) expect(believing).toMatchObject({ code: 4, failed: ['chosen-app'] });
      expect(believing.of('chosen-app')?.nginx ?? []).toEqual(
        token === value ? ['proxy_set_header X-Original-Host $host;'] : [],
      );
    }
    const denied = await checks(await startProxy(), restricted.value);
    expect(denied).toMatchObject({ code: 4, failed: ['chosen-app'] });
    const anyHost = await checks(await startProxy(), value);
    expect(anyHost).toMatchObject({ code: 4, failed: ['chosen-app'] });
    expect(anyHost.of('chosen-app')?.nginx).toEqual(['proxy_pass http://tokensd/verify/apps/NAME/auth-request;']);
    const named = await checks(await startProxy({ route: '/verify/apps/builds/forward-auth' }), restricted.value);
    expect(named).toMatchObject({ code: 0, failed: [] });
    expect(named.of('chosen-app')?.detail).toBe('every client reaches the app builds');
    expect((await checks(await startProxy({ tells: 'none' }), value)).of('chosen-app')?.detail).toBe(
      'clients cannot choose the app',
    );
    await deleteApp(daemon.store, app.id);
  });

  it('rejects a token that may not be used there is reported with the deny reason', async () => {
    const { value } = await issueGated(daemon.store, { apps: [] });
    const ran = await checks(await startProxy(), value);
    expect(ran).toMatchObject({ code: 4, failed: ['good-token'], skipped: inside.slice(1) });
    expect(ran.of('good-token')?.detail).toBe('responded 403 (app); the token may not be used here');
  });

  it('passes on upgrades to h2c is reported with a token', async () => {
    const api = (req: IncomingMessage, res: ServerResponse) => {
      if (req.headers.upgrade !== 'h2c') return void res.end('fine');
      req.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    };
    const ran = await checks(await startProxy({ api }), token);
    expect(ran).toMatchObject({ code: 4, failed: ['h2c-upgrade'] });
    expect(ran.of('h2c-upgrade')?.nginx).toContain('proxy_set_header Upgrade $websocket_upgrade;');
  });

  it('responds with 500, a redirect or no challenge in place of 401 is reported', async () => {
    const failing = await checks(await startProxy({ denial: { status: 500 } }));
    expect(failing.failed).toEqual(outside.slice(0, 4));
    expect(failing.of('no-token')).toMatchObject({
      detail: 'responded 500; it must be 401',
      nginx: expect.arrayContaining(['proxy_pass http://tokensd/verify/auth-request;']),
    });
    const headers = { Location: 'https://sso.example.com/' };
    const redirecting = await checks(await startProxy({ denial: { status: 302, headers } }));
    expect(redirecting.of('no-token')?.detail).toContain('a redirect to https://sso.example.com/');
    const silent = await checks(await startProxy({ denial: { status: 401 } }));
    expect(silent.of('no-token')?.detail).toBe('responded 401 without WWW-Authenticate');
    for (const { code } of [failing, redirecting, silent]) expect(code).toBe(4);
  });

  it('does not forward the token to the daemon is reported with the deny reason', async () => {
    const ran = await checks(await startProxy({ dropsCredentials: true }), token);
    expect(ran).toMatchObject({ code: 4, failed: ['good-token'], skipped: inside.slice(1) });
    const revoked = await daemon.issue('revoked');
    await daemon.ask(`/api/v1/tokens/${revoked.token.id}`, { method: 'DELETE', as: daemon.dev });
    const rejected = await checks(await startProxy(), revoked.value);
    expect(rejected.of('good-token')?.detail).toBe('responded 401 (revoked); try `tokens check`');
  });

  it('redirects to an address with control characters cannot control the terminal', async () => {
    const answer = 'HTTP/1.1 302 Found\r\nLocation: https://a/\u001b[2J\u009b31m\r\nConnection: close\r\n\r\n';
    const url = await startServer(createTcpServer((socket) => void socket.on('error', () => {}).end(answer, 'latin1')));
    const shown = await cli.run(['doctor', 'proxy', url], { columns: 80, env: { NO_COLOR: '1' } });
    expect(shown.stdout).toContain('✗ No token: responded 302, a redirect to https://a/: scripts');
    for (const { stdout } of [shown, await doctor(url), await doctor(url, '', '--json')]) {
      expect(stdout.replace(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u);
    }
  });

  it('serves one page for any path passes', async () => {
    const ran = await checks(
      await startProxy({ open: (req) => !req.url?.startsWith('/builds/42') && !req.url?.startsWith('http') }),
    );
    expect(ran).toMatchObject({ code: 0, skipped: ['path-spellings', 'path-suffixes', ...inside] });
  });
});

it('suggests only lines from the configurations in examples/ or nginx’s defaults', () => {
  const exampleLines = (name: string) =>
    readFileSync(join(import.meta.dirname, '..', '..', 'examples', name), 'utf8')
      .split('\n')
      .map((line) => line.trim());
  const defaults = ['underscores_in_headers off;', 'satisfy all;'];
  const named = (lines: string[]) => [...lines, ...lines.map((line) => line.replace('/verify/', '/verify/apps/NAME/'))];
  const [nginx, caddy] = [named([...exampleLines('nginx.conf'), ...defaults]), named(exampleLines('Caddyfile'))];
  const allAdvice = [...Object.values(advice), advice.replaceFields(advice.identityNames)].filter(
    (item) => 'nginx' in item,
  );
  expect(allAdvice.length).toBeGreaterThan(6);
  for (const lines of allAdvice) {
    expect(nginx).toEqual(expect.arrayContaining([...lines.nginx]));
    expect(caddy).toEqual(expect.arrayContaining([...lines.caddy]));
  }
});

describe('the token on stdin', () => {
  it('is never printed, whatever the proxy responds', async () => {
    const url = await startProxy({ forwards: /^authorization$/i });
    for (const argv of [['--json'], ['--verbose'], []]) {
      const { stdout, stderr } = await doctor(url, token, ...argv);
      expect(stdout + stderr).not.toContain(token);
    }
    expect((await doctor(url, token, '--verbose')).stderr).toContain('> GET /builds/42\n< 401\n');
  });

  it('is rejected before any request if it is malformed, and is not printed', async () => {
    const denials: string[] = [];
    const ran = await doctor(await startProxy({}, denials), 'hunter2', '--json');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toContain('hunter2');
    expect(denials).toEqual([]);
  });

  it('is not sent over plain HTTP', async () => {
    const ran = await doctor('http://api.example.com/', token, '--json');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(ran.stderr).code).toBe('insecure-server');
  });

  it('is not prompted for on a terminal', async () => {
    const ran = await cli.run(['doctor', 'proxy', await startProxy(), '--json'], { answers: [] });
    expect(ran.code).toBe(0);
    expect(cli.questions).toEqual([]);
  });
});

describe('the proxy address', () => {
  it.each([['x'], ['ftp://api.example.com'], ['api.example.com:80'], ['https://me:pw@api.example.com'], ['']])(
    'is a usage error if it is %j',
    async (address) => {
      const ran = await doctor(address, '', '--json');
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(JSON.parse(ran.stderr).code).toBe('usage');
      expect(ran.stderr).not.toContain(':pw');
    },
  );

  it('is unreachable if nothing listens there', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    expect(await doctor(`${origin}/x`)).toEqual({
      code: 6,
      stdout: '',
      stderr: `error: ${origin} cannot be reached (ECONNREFUSED). Check the address and that the server is running.\n`,
    });
  });

  it('is unreachable if the server speaks no HTTP or TLS, hangs up, or never responds', async () => {
    const startRawServer = async (text: string | null) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {}).once('data', () => (text === null ? undefined : socket.end(text)));
      });
      return startServer(server);
    };
    const smtpServer = await doctor(await startRawServer('220 mail.example.com ESMTP\r\n'));
    expect(smtpServer).toMatchObject({ code: 6, stderr: expect.stringContaining('does not respond in HTTP/1.1') });
    expect(await doctor(await startRawServer(''))).toMatchObject({ code: 6, stdout: '' });
    const plain = (await startProxy()).replace('http:', 'https:');
    expect(await doctor(plain)).toMatchObject({ code: 6, stderr: expect.stringContaining('Check the certificate') });
    const silent = await startRawServer(null);
    const timedOut = await cli.run(['doctor', 'proxy', silent], { env: { TOKENS_TIMEOUT: '0.2' } });
    expect(timedOut).toMatchObject({ code: 6, stderr: expect.stringContaining('did not respond in time') });
  });
});
