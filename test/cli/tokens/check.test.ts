import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  value = (await createToken(cli.app, cli.app.dev, { name: 'ci', expires_in: 3600 })).token;
});
afterEach(() => cli.close());

const foreign = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
const check = async (stdin: string, ...argv: string[]) => cli.run(['check', ...argv], { stdin });
const asJson = async (stdin: string, ...argv: string[]) => {
  const { code, stdout } = await check(stdin, '--json', ...argv);
  return { code, ...JSON.parse(stdout) };
};

it('prints active, prefix, name and owner of a valid token, without a session and without recording a use', async () => {
  const ran = await check(`${value}\r\n`);
  expect(ran).toEqual({ code: 0, stdout: `active\t${value.slice(0, 12)}\tci\tdev@example.com\n`, stderr: '' });
  expect(await asJson(value)).toMatchObject({
    code: 0,
    valid: true,
    reason: null,
    prefix: value.slice(0, 12),
    token: { name: 'ci' },
  });
  const shown = await cli.run(['show', 'ci', '--json'], cli.as(cli.app.dev));
  expect(JSON.parse(shown.stdout).last_used).toBeNull();
});

it('exits 4 for malformed and unknown values without naming a token', async () => {
  for (const malformed of ['nonsense', `${value}x`, ` ${value}`, value.toUpperCase(), 'x'.repeat(10_000), 'ünïcode']) {
    expect(await asJson(malformed)).toEqual({
      code: 4,
      valid: false,
      reason: 'malformed',
      detail: expect.any(String),
      prefix: null,
      token: null,
    });
  }
  expect((await check('nonsense')).stdout).toBe('malformed\n');
  expect((await check(foreign)).stdout).toBe('unknown\n');
  expect(await asJson(foreign)).toEqual({
    code: 4,
    valid: false,
    reason: 'unknown',
    detail: null,
    prefix: 'tok_mavzfVAB',
    token: null,
  });
});

it('prints each deny reason and names the token', async () => {
  const root = cli.as(cli.app.root);
  const status = async () => (await check(value)).stdout.split('\t')[0];
  await cli.run(['ungrant', 'dev@example.com'], root);
  expect(await status()).toBe('blocked');
  await cli.run(['users', 'disable', 'dev@example.com'], root);
  expect(await status()).toBe('disabled');
  await cli.run(['users', 'enable', 'dev@example.com'], root);
  await cli.run(['grant', 'dev@example.com'], root);
  expect(await status()).toBe('active');
  cli.app.clock.advance(3600_001);
  expect(await status()).toBe('expired');
  await cli.run(['revoke', 'ci', '--user', 'dev@example.com', '--yes'], root);
  expect(await check(value)).toMatchObject({
    code: 4,
    stdout: `revoked\t${value.slice(0, 12)}\tci\tdev@example.com\n`,
  });
});

it('prints one problem on stderr with --json if the token is not active', async () => {
  const ran = await check(foreign, '--json');
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'token-inactive', status: 0, type: 'about:blank' });
});

it('exits 2 if standard input is empty', async () => {
  for (const stdin of ['', '\n', '\r\n']) expect((await check(stdin)).code).toBe(2);
});

it('checks only form and checksum with --offline', async () => {
  const offline = { env: { TOKENS_SERVER: '' }, fetch: () => Promise.reject(new Error('connected')) };
  expect((await cli.run(['check', '--offline'], { ...offline, stdin: foreign })).code).toBe(0);
  expect((await cli.run(['check', '--offline'], { ...offline, stdin: foreign.replace('z', 'a') })).code).toBe(4);
});

it('prompts for the value as a secret on a terminal', async () => {
  expect((await cli.run(['check'], { answers: [value] })).code).toBe(0);
});

it('never prints the value in output or errors', async () => {
  for (const argv of [['--verbose'], ['--json'], []]) {
    for (const stdin of [value, foreign]) {
      const { stdout, stderr } = await check(stdin, ...argv);
      expect(stdout + stderr).not.toContain(stdin);
    }
  }
});

it.each([
  ['an HTML page', () => new Response('<html></html>', { status: 200 }), 1],
  ['other JSON', () => Response.json({ ok: true }), 1],
  ['a 401 from another API', () => Response.json({ error: 'no' }, { status: 401 }), 1],
  ['a gateway error', () => new Response('', { status: 503 }), 1],
  ['a redirect', () => new Response(null, { status: 302, headers: { Location: 'https://evil.example.com/' } }), 1],
])('prints no verdict if the server responds with %s', async (_, respond, code) => {
  const ran = await cli.run(['check'], { stdin: value, fetch: async () => respond() });
  expect(ran).toMatchObject({ code, stdout: '' });
});

it('says what is wrong with a malformed value, on stderr and with --json', async () => {
  const ran = await check(value.slice(0, 40));
  expect(ran).toMatchObject({ code: 4, stdout: 'malformed\n' });
  expect(ran.stderr).toContain('The token does not work: malformed (40 of 42 characters).');
  expect(await asJson(`"${value}"`)).toMatchObject({ reason: 'malformed', detail: 'quotes around it' });
  expect(await asJson(value)).toMatchObject({ valid: true, detail: null });
});
