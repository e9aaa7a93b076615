import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, serverUrl } from '../../helpers/cli/cli.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
});
afterEach(() => cli.close());

const asDev = () => cli.as(cli.app.dev);
const nextCode = (secret: string) => {
  cli.app.clock.advance(30_000);
  return codeAt(secret, cli.app.clock.now());
};

it('shows the secret, prompts for a code, and prints the recovery codes with --enable-totp', async () => {
  const { dev, clock } = cli.app;
  // `fetch` replaces the typed code with one from the secret, which is unknown until the command runs.
  const answers = [dev.password, 'the code'];
  let secret = '';
  const send = appFetch(cli.app);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (String(input).endsWith('/totp/confirm')) {
      return send(input, { ...init, body: JSON.stringify({ code: codeAt(secret, clock.now()) }) });
    }
    const response = await send(input, init);
    if (String(input).endsWith('/me/totp')) ({ secret } = (await response.clone().json()) as { secret: string });
    return response;
  };
  const ran = await cli.run(['password', '--enable-totp'], { ...asDev(), answers, fetch });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/enter this secret: [A-Z2-7]{32}/);
  expect(ran.stderr).toContain('█');
  expect(ran.stdout.trim().split('\n')).toHaveLength(10);
  expect((await cli.app.store.users.findById(dev.id))?.totpEnabledAt).not.toBeNull();
});

it('requires a terminal for --enable-totp, but not for --recovery-codes and --disable-totp', async () => {
  expect((await cli.run(['password', '--enable-totp'], { ...asDev(), stdin: cli.app.dev.password })).code).toBe(2);
  await turnOn(cli.app, cli.app.dev);
  const stdin = `${cli.app.dev.password}\n`;
  const renewed = await cli.run(['password', '--recovery-codes', '--password-stdin', '--json'], { ...asDev(), stdin });
  expect(JSON.parse(renewed.stdout).recovery_codes).toHaveLength(10);
  const wrong = await cli.run(['password', '--disable-totp', '--password-stdin'], { ...asDev(), stdin: 'wrong' });
  expect(wrong.code).toBe(4);
  expect((await cli.run(['password', '--disable-totp', '--password-stdin'], { ...asDev(), stdin })).code).toBe(0);
  expect((await cli.app.store.users.findById(cli.app.dev.id))?.totpEnabledAt).toBeNull();
});

it('prompts for the code at login or reads it from the second line of stdin, and exits 4 without it', async () => {
  const { secret } = await turnOn(cli.app, cli.app.dev);
  const { email, password } = cli.app.dev;
  const prompted = await cli.run(['login', serverUrl, '--email', email], { answers: [password, nextCode(secret)] });
  expect(prompted.code).toBe(0);
  const login = ['login', serverUrl, '--email', email, '--password-stdin', '--json'];
  expect((await cli.run(login, { stdin: `${password}\n${nextCode(secret)}\n` })).code).toBe(0);
  const without = await cli.run(login, { stdin: password });
  expect(without.code).toBe(4);
  expect(JSON.parse(without.stderr)).toMatchObject({ code: 'totp-required', status: 401 });
});

it('asks for confirmation of users reset-totp, and requires --yes without a terminal', async () => {
  await turnOn(cli.app, cli.app.dev);
  const reset = ['users', 'reset-totp', cli.app.dev.email];
  expect((await cli.run(reset, cli.as(cli.app.root))).code).toBe(2);
  expect((await cli.run(reset, { ...cli.as(cli.app.root), answers: [false] })).code).toBe(130);
  expect((await cli.run([...reset, '--yes'], cli.as(cli.app.root))).code).toBe(0);
  expect((await cli.app.store.users.findById(cli.app.dev.id))?.totpEnabledAt).toBeNull();
});

it('reports a stale single sign-on as its own deny reason', async () => {
  const { token } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  const fetch = async () =>
    Response.json({ detail: 'Invalid token.' }, { status: 401, headers: { 'X-Tokens-Reason': 'sso-stale' } });
  const ran = await cli.run(['check'], { stdin: token, fetch: fetch as typeof globalThis.fetch });
  expect([ran.code, ran.stdout]).toEqual([4, 'sso-stale\n']);
});
