import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, verdict } from '../helpers/app/app.ts';
import { cancel, openTestCliWithApp, password, type Surroundings } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  root = cli.as(cli.app.root);
});
afterEach(() => cli.close());

const users = async () => JSON.parse((await cli.run(['users', 'list', '--json'], root)).stdout);
const user = async (email: string) => (await users()).find((member: { email: string }) => member.email === email);

it('blocks a member’s tokens with ungrant and unblocks them with grant, and prints nothing on stdout', async () => {
  const { token } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  expect(await cli.run(['ungrant', 'dev@example.com'], root)).toMatchObject({ code: 0, stdout: '' });
  expect(await verdict(cli.app, token)).toBe('blocked');
  expect((await cli.run(['list'], dev)).stdout).toContain('blocked');
  expect(await cli.run(['grant', 'DEV@example.com'], root)).toMatchObject({ code: 0, stdout: '' });
  expect(await verdict(cli.app, token)).toBe(200);
});

it('continues after a failure with several members, and exits with the first failure', async () => {
  const ran = await cli.run(['ungrant', 'nobody@example.com', 'dev@example.com', '--json'], root);
  expect(ran.code).toBe(3);
  expect(JSON.parse(ran.stderr).code).toBe('user-not-found');
  expect((await user('dev@example.com')).can_manage_tokens).toBe(false);
});

it.each([
  ['grant', 'dev@example.com'],
  ['ungrant', 'dev@example.com'],
  ['users', 'list'],
  ['users', 'add', 'x@example.com'],
  ['users', 'disable', 'root@example.com'],
  ['users', 'promote', 'dev@example.com'],
  ['offboard', 'root@example.com', '--yes'],
])('denies a regular member: %s %s', async (...argv) => {
  expect((await cli.run(argv, dev)).code).toBe(4);
});

it('adds a member who can sign in', async () => {
  const argv = ['users', 'add', 'ada@example.com', '--name', 'Ada', '--superuser', '--grant', '--password-stdin'];
  expect(await cli.run(argv, { ...root, stdin: `${password}\n` })).toMatchObject({ code: 0, stdout: '' });
  expect(await user('ada@example.com')).toMatchObject({ name: 'Ada', superuser: true, can_manage_tokens: true });
  const login = ['login', '--email', 'ada@example.com', '--password-stdin'];
  expect((await cli.run(login, { stdin: password })).code).toBe(0);
  expect((await cli.run(argv, { ...root, stdin: password })).code).toBe(5);
});

it('adds a member without a password, and rejects an invalid address, an empty stdin and a short password', async () => {
  expect((await cli.run(['team', 'add', 'sso@example.com'], root)).code).toBe(0);
  expect((await cli.run(['users', 'add', 'nonsense'], root)).code).toBe(2);
  expect((await cli.run(['users', 'add', 'a@example.com', '--password-stdin'], { ...root, stdin: '' })).code).toBe(2);
  expect((await cli.run(['users', 'add', 'a@example.com', '--password-stdin'], { ...root, stdin: 'short' })).code).toBe(
    2,
  );
});

it('changes one property with disable, enable, promote and demote, but never the last superuser', async () => {
  await cli.run(['users', 'disable', 'dev@example.com'], root);
  expect((await user('dev@example.com')).disabled).toBe(true);
  await cli.run(['users', 'enable', 'dev@example.com'], root);
  expect((await user('dev@example.com')).disabled).toBe(false);
  const last = await cli.run(['users', 'demote', 'root@example.com', '--json'], root);
  expect(last.code).toBe(5);
  expect(JSON.parse(last.stderr).code).toBe('last-superuser');
  expect((await cli.run(['users', 'disable', 'root@example.com'], root)).code).toBe(5);
  await cli.run(['users', 'promote', 'dev@example.com'], root);
  expect((await cli.run(['users', 'demote', 'root@example.com'], root)).code).toBe(0);
});

it('lists members as a table with one line per member', async () => {
  const { stdout } = await cli.run(['users', 'list'], root);
  expect(stdout.split('\n')[0]).toBe('EMAIL\tNAME\tROLE\tPERMISSION\tTOKENS\tLAST USED\tSTATUS');
  expect(stdout).toContain('root@example.com\t\tsuperuser\tgranted\t0\tnever\tenabled');
});

it('asks before offboard, which disables the account and revokes every token', async () => {
  const { token } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  expect((await cli.run(['offboard', 'dev@example.com'], root)).code).toBe(2);
  expect((await cli.run(['offboard', 'dev@example.com'], { ...root, answers: [false] })).code).toBe(130);
  expect(await verdict(cli.app, token)).toBe(200);
  expect((await cli.run(['offboard', 'dev@example.com', '--yes'], root)).code).toBe(0);
  expect(await verdict(cli.app, token)).toBe('revoked');
  expect(await user('dev@example.com')).toMatchObject({ disabled: true, token_count: 0 });
  expect((await cli.run(['offboard', 'nobody@example.com', '--yes'], root)).code).toBe(3);
});

it('rejects offboarding yourself, in any letter case of your email address, without any change', async () => {
  const { token } = await createToken(cli.app, cli.app.root, { name: 'own' });
  const result = await cli.run(['offboard', 'ROOT@example.com', '--yes'], root);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toContain('Ask another Organization Superuser');
  expect(await user('root@example.com')).toMatchObject({ disabled: false });
  expect(await verdict(cli.app, token)).toBe(200);
});

it('filters the audit log', async () => {
  await createToken(cli.app, cli.app.dev, { name: 'ci' });
  const events = JSON.parse((await cli.run(['audit', '--action', 'token.created', '--json'], root)).stdout);
  expect(events).toMatchObject([
    { action: 'token.created', actor: { email: 'dev@example.com' }, target: { name: 'ci' } },
  ]);
  const { stdout } = await cli.run(['audit', '--user', 'dev@example.com'], root);
  expect(stdout.split('\n')[0]).toBe('TIME\tACTOR\tACTION\tTARGET\tIP\tUSER AGENT');
  expect(stdout).toContain('\tdev@example.com\ttoken.created\ttoken ci of dev@example.com\t');
  cli.app.clock.advance(8 * 86_400_000);
  const env = { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) };
  expect(
    JSON.parse((await cli.run(['audit', '--since', '7d', '--action', 'token.created', '--json'], { env })).stdout),
  ).toEqual([]);
  expect((await cli.run(['audit', '--since', 'yesterday'], { env })).code).toBe(2);
  expect((await cli.run(['audit', '--action', 'nonsense'], { env })).code).toBe(2);
});

it('reads both passwords from stdin, or prompts for them and compares the new ones', async () => {
  const next = 'another long pass phrase';
  const change = (stdin: string) => cli.run(['password', '--password-stdin'], { ...dev, stdin });
  expect((await change(`wrong wrong wrong\n${next}\n`)).code).toBe(4);
  for (const lines of ['', 'one line\n', `${password}\n\n`, `${password}\n${next}\nmore\n`]) {
    expect((await change(lines)).code).toBe(2);
  }
  expect(await change(`${password}\r\n${next}\r\n`)).toMatchObject({ code: 0, stdout: '' });
  expect((await cli.run(['password'], dev)).code).toBe(2);
  expect((await cli.run(['password'], { ...dev, answers: [next, password, 'different'] })).code).toBe(2);
  expect((await cli.run(['password'], { ...dev, answers: [next, cancel] })).code).toBe(130);
  expect((await cli.run(['password'], { ...dev, answers: [next, password, password] })).code).toBe(0);
});
