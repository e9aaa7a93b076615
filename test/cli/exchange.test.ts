import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../helpers/app/http.ts';
import { appFetch, openTestCli, serverUrl, type TestCli } from '../helpers/cli/cli.ts';
import { type ExchangeWorld, openExchange } from '../helpers/exchange/exchange-world.ts';

let world: ExchangeWorld;
let cli: TestCli;
let directory: string;
beforeEach(async () => {
  world = await openExchange();
  await world.addTrust();
  const throughApp = appFetch(world.app);
  const send: typeof fetch = (input, init) => (String(input).startsWith(serverUrl) ? throughApp : fetch)(input, init);
  cli = await openTestCli({ fetch: send, env: { TOKENS_SERVER: serverUrl } });
  directory = await mkdtemp(join(tmpdir(), 'exchange-'));
});
afterEach(async () => {
  await cli.close();
  await world.close();
  await rm(directory, { recursive: true });
});

const run = (argv: string[] = [], env: Record<string, string> = {}) =>
  cli.run(['exchange', '--trust', 'deploy', ...argv], { env: { TOKENS_SERVER: serverUrl, ...env } });
const works = async (value: string) =>
  (await world.app.ask('/api/v1/token', { headers: { Authorization: `Bearer ${value.trim()}` } })).status === 200;

/** Starts what GitHub gives each job: an address that returns an identity token for an audience. */
async function startGitHub(respond: (req: IncomingMessage) => Promise<[number, object]>) {
  const server = createServer(async (req, res) => {
    const [status, body] = await respond(req);
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  return {
    ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/idtoken/1/job?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a-request-token',
  };
}

describe('tokens exchange', () => {
  it('prints the value for the token in TOKENS_ID_TOKEN, alone', async () => {
    const { code, stdout, stderr } = await run([], { TOKENS_ID_TOKEN: `${await world.signed()}\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
    expect(await works(stdout)).toBe(true);
  });

  it('takes the token in TOKENS_ID_TOKEN before it asks GitHub', async () => {
    const env = await startGitHub(() => expect.fail('GitHub was asked.'));
    const ran = await run([], { ...env, TOKENS_ID_TOKEN: await world.signed() });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });

  it('prints JSON with --json', async () => {
    const { stdout } = await run(['--json'], { TOKENS_ID_TOKEN: await world.signed() });
    const { token, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ expires_in: 900 });
    expect(await works(token)).toBe(true);
  });

  it('requests the token from GitHub, for the public URL or the audience that is given', async () => {
    const asked: string[] = [];
    const env = await startGitHub(async (req) => {
      const url = new URL(req.url ?? '', 'http://127.0.0.1');
      asked.push(`${req.headers.authorization} ${url.searchParams.get('api-version')}`);
      return [200, { value: await world.signed({ aud: url.searchParams.get('audience') ?? '' }) }];
    });
    const { code, stdout } = await run([], env);
    expect(code).toBe(0);
    expect(await works(stdout)).toBe(true);
    await world.addTrust({ name: 'other', audience: 'tokens' });
    const argv = ['exchange', '--trust', 'other', '--audience', 'tokens'];
    expect((await cli.run(argv, { env: { TOKENS_SERVER: serverUrl, ...env } })).code).toBe(0);
    expect(asked).toEqual(['Bearer a-request-token 2.0', 'Bearer a-request-token 2.0']);
  });

  it('lets no server choose the audience for which GitHub signs', async () => {
    const asked: Array<string | null> = [];
    const env = await startGitHub(async (req) => {
      asked.push(new URL(req.url ?? '', 'http://127.0.0.1').searchParams.get('audience'));
      return [200, { value: 'a.b.c' }];
    });
    let issuer: unknown;
    const received: string[] = [];
    const fake = createServer((req, res) => {
      req.on('data', (chunk) => received.push(String(chunk)));
      const body = { issuer, authorization_endpoint: `${server}/oauth/authorize` };
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
    const server = `http://127.0.0.1:${await listen(fake)}`;
    onTestFinished(() => void fake.close());
    const others = [
      'https://tokens.example.com',
      'sts.amazonaws.com',
      'https://127.0.0.1',
      `${server}1`,
      'http://localhost',
      '',
    ];
    for (issuer of others) {
      const { code, stderr } = await run(['--server', server], env);
      expect([issuer, code]).toEqual([issuer, 2]);
      expect(stderr).toContain('--audience');
    }
    expect([asked, received]).toEqual([[], []]);
    for (issuer of [server, `${server}/tokens`]) await run(['--server', server], env);
    await run(['--server', server, '--audience', 'sts.example.com'], env);
    expect(asked).toEqual([server, `${server}/tokens`, 'sts.example.com']);
  });

  it('fails with exit code 4 if GitHub gives no token, and 6 if it cannot be reached', async () => {
    const env = await startGitHub(async () => [403, { message: 'no' }]);
    const refused = await run([], env);
    expect(refused).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('HTTP 403') });
    const nobody = { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/?x=y' };
    const unreachable = await run([], nobody);
    expect(unreachable.code).toBe(6);
    for (const { stderr } of [refused, unreachable]) expect(stderr).not.toContain('a-request-token');
    // No token is sent over a network without TLS.
    const insecure = { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://github.example.com/?x=y' };
    expect((await run([], insecure)).code).toBe(2);
  });

  it('reads the token from a file, which may be a link', async () => {
    const [file, link] = [join(directory, 'data'), join(directory, 'token')];
    await writeFile(file, `${await world.signed()}\n`);
    await symlink(file, link);
    const { code, stdout } = await run(['--id-token-file', link], { TOKENS_ID_TOKEN: 'another' });
    expect(code).toBe(0);
    expect(await works(stdout)).toBe(true);
    expect((await run(['--id-token-file', join(directory, 'none')])).code).toBe(2);
    await writeFile(file, 'x'.repeat(20_000));
    expect((await run(['--id-token-file', file])).code).toBe(1);
  });

  it('says how to give a job an identity token if there is none', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('id-token: write');
  });

  it('writes the value to a file that only the owner can read, and prints it nowhere', async () => {
    const out = join(directory, 'value');
    const { code, stdout, stderr } = await run(['--out', out], { TOKENS_ID_TOKEN: await world.signed() });
    const value = await readFile(out, 'utf8');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(await works(value)).toBe(true);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(stderr).not.toContain(value.trim());
    // The value of the next job replaces it.
    expect((await run(['--out', out, '--json'], { TOKENS_ID_TOKEN: await world.signed() })).code).toBe(0);
    expect(await readFile(out, 'utf8')).not.toBe(value);
  });

  it('does not use the identity token up if the file cannot be written', async () => {
    const token = await world.signed();
    expect((await run(['--out', join(directory, 'none', 'value')], { TOKENS_ID_TOKEN: token })).code).toBe(1);
    expect((await run([], { TOKENS_ID_TOKEN: token })).code).toBe(0);
  });

  it('fails with exit code 4 for a refusal, which it explains, 6 without the issuer and 7 after too many', async () => {
    const verbose = ['--verbose'];
    const token = await world.signed({ sub: 'repo:acme/other:x' });
    const refused = await run(verbose, { TOKENS_ID_TOKEN: token });
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toContain('The claim sub of the subject token does not match the trust');
    expect(refused.stderr).not.toContain(token.slice(0, 40));
    for (let turn = 0; turn < 20; turn += 1) expect((await run([], { TOKENS_ID_TOKEN: token })).code).toBe(4);
    expect((await run([], { TOKENS_ID_TOKEN: token })).code).toBe(7);
    world.app.clock.advance(11 * 60_000);
    await world.issuer.stop();
    const other = await openExchange();
    onTestFinished(() => other.close());
    await world.addTrust({ name: 'down', issuer: other.issuer.url });
    await other.issuer.stop();
    const env = { TOKENS_SERVER: serverUrl, TOKENS_ID_TOKEN: await other.signed() };
    expect((await cli.run(['exchange', '--trust', 'down'], { env })).code).toBe(6);
  });
});
