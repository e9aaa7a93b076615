import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, disconnect, execute } from '../../server/store/engine/sqlite/connection.ts';
import { createToken, jsonOf, verdict } from '../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../helpers/app/management-key.ts';
import { createServiceAccount } from '../helpers/app/service-accounts.ts';
import { appFetch, cancel, onTerminal, openTestCliWithApp, password, type Surroundings } from '../helpers/cli/cli.ts';
import { turnOn } from '../helpers/sign-in/totp.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
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

it('adds an auditor, with the audit events of a new member and of the role', async () => {
  expect(await cli.run(['users', 'add', 'vera@example.com', '--auditor', '--no-mail'], root)).toMatchObject({
    code: 0,
  });
  expect(await user('vera@example.com')).toMatchObject({ auditor: true, superuser: false, can_manage_tokens: false });
  const events = JSON.parse((await cli.run(['audit', '--user', 'vera@example.com', '--json'], root)).stdout);
  expect(events.map(({ action }: { action: string }) => action).toSorted()).toEqual([
    'user.auditor_granted',
    'user.created',
  ]);
});

it('adds a member without a password, and rejects an invalid address, an empty stdin and a short password', async () => {
  expect(await cli.run(['team', 'add', 'sso@example.com', '--no-mail'], root)).toMatchObject({ code: 0, stdout: '' });
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

it.each([
  ['grant', 'Granted the permission to dev@example.com.'],
  ['ungrant', 'Removed the permission of dev@example.com and blocked the tokens.'],
  ['users promote', 'Promoted dev@example.com.'],
  ['users demote', 'Demoted dev@example.com.'],
  ['users disable', 'Disabled dev@example.com.'],
  ['users enable', 'Enabled dev@example.com.'],
])('says in a sentence what %s changed', async (command, sentence) => {
  const ran = await cli.run([...command.split(' '), 'dev@example.com'], root);
  expect(ran).toEqual({ code: 0, stdout: '', stderr: `${sentence}\n` });
});

it('grants and removes the role auditor, who then reads everything, without a change of the superusers', async () => {
  const promoted = await cli.run(['users', 'promote', 'dev@example.com', '--auditor'], root);
  expect(promoted).toEqual({ code: 0, stdout: '', stderr: 'Granted the role auditor to dev@example.com.\n' });
  expect(await user('dev@example.com')).toMatchObject({ auditor: true, superuser: false });
  expect((await cli.run(['users', 'list'], root)).stdout).toMatch(/dev@example\.com.*auditor/);
  await createToken(cli.app, cli.app.root, { name: 'of-root' });
  for (const [argv, shown] of [
    [['list', '--all'], 'of-root'],
    [['users', 'list'], 'root@example.com'],
    [['audit'], 'root@example.com'],
    [['report'], 'token'],
    [['whoami'], 'Auditor'],
  ] as const) {
    const ran = await cli.run([...argv], dev);
    expect([argv, ran.code]).toEqual([argv, 0]);
    expect(ran.stdout).toContain(shown);
  }
  expect((await cli.run(['users', 'promote', 'dev@example.com'], dev)).code).toBe(4);
  expect((await cli.run(['users', 'demote', 'dev@example.com', '--auditor'], root)).stderr).toContain(
    'Removed the role auditor from dev@example.com.',
  );
  expect((await cli.run(['users', 'list'], dev)).code).toBe(4);
  expect(await user('root@example.com')).toMatchObject({ auditor: false, superuser: true });
});

it('gives a member groups, and removes those that were given', async () => {
  const edit = (...argv: string[]) => cli.run(['users', 'edit', 'dev@example.com', ...argv], root);
  const given = await edit('--group', 'operations', '--group', 'developers');
  expect(given).toMatchObject({ code: 0, stdout: '' });
  expect(given.stderr).toContain('now dev@example.com, in groups developers, operations.');
  expect((await user('dev@example.com')).groups).toEqual([
    { name: 'developers', source: 'manual' },
    { name: 'operations', source: 'manual' },
  ]);
  expect((await edit('--group', 'staff', '--json')).stdout).toContain('"staff"');
  expect((await edit('--no-groups')).stderr).toContain('in no group.');
  expect((await user('dev@example.com')).groups).toEqual([]);
  for (const argv of [[], ['--group', 'a', '--no-groups'], ['--group', ' '], ['--group', 'x'.repeat(65)]]) {
    expect((await edit(...argv)).code, argv.join(' ')).toBe(2);
  }
});

it('lists members as a table with one line per member', async () => {
  const { stdout } = await cli.run(['users', 'list'], root);
  expect(stdout.split('\n')[0]).toBe('EMAIL\tNAME\tROLE\tPERMISSION\tTOKENS\tLAST USED\tSTATUS');
  expect(stdout).toContain('root@example.com\t\tsuperuser\tgranted\t0\tnever\tactive');
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
  expect(result).toMatchObject({ code: 5, stdout: '' });
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
  await createToken(cli.app, cli.app.root, { name: 'deploy' });
  let env = { TOKENS_SESSION: cli.app.root.session };
  const names = async (...argv: string[]) => {
    const { stdout } = await cli.run(['audit', '--action', 'token.created', '--json', ...argv], { env });
    return JSON.parse(stdout).map(({ target }: { target: { name: string } }) => target.name);
  };
  expect(await names('--limit', '1')).toEqual(['deploy']);
  expect(await names('--target', 'ci')).toEqual(['ci']);
  expect(await names('--ip', '203.0.113.0/24')).toEqual(['deploy', 'ci']);
  expect(await names('--ip', '198.51.100.0/24')).toEqual([]);
  expect(await names('--until', '2026-11-22')).toEqual([]);
  // Both days belong to the period, as in the console.
  expect(await names('--since', '2026-11-23', '--until', '2026-11-23')).toEqual(['deploy', 'ci']);
  // A time is exact: the events happened at this one.
  expect(await names('--until', '2026-11-23T16:20:00Z')).toEqual([]);
  expect(await names('--until', '1h')).toEqual([]);
  for (const wrong of [
    ['--limit', '0'],
    ['--until', 'tomorrow'],
    ['--since', '2026-11-24', '--until', '2026-11-23T23:00:00Z'],
    ['--ip', 'here'],
    ['--follow', '--target', 'ci'],
  ]) {
    expect((await cli.run(['audit', ...wrong], root)).code).toBe(2);
  }
  expect((await cli.run(['audit', '--since', '1h', '--until', '7d'], root)).stderr).toBe(
    'error: --until 7d is before --since 1h. Give the earlier time to --since.\n',
  );
  cli.app.clock.advance(8 * 86_400_000);
  env = { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) };
  expect(await names('--until', '7d')).toEqual(['deploy', 'ci']);
  expect(await names('--since', '9d', '--until', '2026-11-23')).toEqual(['deploy', 'ci']);
  expect(
    JSON.parse((await cli.run(['audit', '--since', '7d', '--action', 'token.created', '--json'], { env })).stdout),
  ).toEqual([]);
  expect((await cli.run(['audit', '--since', 'yesterday'], { env })).code).toBe(2);
  expect((await cli.run(['audit', '--action', 'nonsense'], { env })).code).toBe(2);
});

it('names the management key in the audit log, and filters by its service account', async () => {
  const { app } = cli;
  const { headers } = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write']);
  await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { headers, method: 'PATCH', json: { name: 'D' } });
  // The command that the mail about a new key recommends.
  const { code, stdout } = await cli.run(['audit', '--user', 'service-account:platform'], root);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n').slice(1);
  expect(lines).toEqual([expect.stringContaining('\tservice-account:platform (terraform)\tuser.renamed\t')]);
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

describe('an invitation', () => {
  const add = (...argv: string[]) => cli.run(['users', 'add', 'ada@example.com', ...argv], root);
  const link = /^https:\/\/\S+\/invitation\?token=invitation_[\w-]{43}\n$/;

  it('is printed as a link on stdout if the server cannot send mail, with a warning about who can use it', async () => {
    const { code, stdout, stderr } = await add();
    expect(code).toBe(0);
    expect(stdout).toMatch(link);
    expect(stderr).toContain('pass the link on');
    expect(stderr).toContain('including you');
    expect(stderr).not.toContain('token=');
    expect((await cli.run(['users', 'list'], root)).stdout).toMatch(/^ada@example\.com\t.*\tinvited$/m);
  });

  it('is sent again by `users invite`, which voids the earlier link', async () => {
    const first = (await add()).stdout.trim();
    const again = await cli.run(['users', 'invite', 'ADA@example.com'], root);
    expect(again.stdout).toMatch(link);
    const pathOf = (url: string) => url.replace('https://tokens.example.com', '');
    expect((await cli.app.ask(pathOf(first))).status).toBe(410);
    expect((await cli.app.ask(pathOf(again.stdout.trim()))).status).toBe(200);
    expect(await cli.run(['users', 'invite', 'dev@example.com', '--json'], root)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('already-joined'),
    });
    expect((await cli.run(['users', 'invite', 'nobody@example.com'], root)).code).toBe(3);
  });

  it('is a new link with `users invite --link`, for a superuser to pass on', async () => {
    await add();
    const { code, stdout, stderr } = await cli.run(['users', 'invite', 'ada@example.com', '--link'], root);
    expect([code, stdout]).toEqual([0, expect.stringMatching(link)]);
    expect(stderr).toContain(
      'Pass the link on to ada@example.com. Earlier links no longer work. It works once, until ',
    );
    const json = JSON.parse((await cli.run(['users', 'invite', 'ada@example.com', '--link', '--json'], root)).stdout);
    expect(json.invitation).toMatchObject({ mailed: false, link: expect.stringMatching(/\/invitation\?token=/) });
    expect((await cli.run(['users', 'invite', 'dev@example.com', '--link'], root)).code).toBe(5);
    expect((await cli.run(['users', 'invite', 'ada@example.com', '--link'], dev)).code).toBe(4);
  });

  it('is part of the member that `--json` prints', async () => {
    const added = JSON.parse((await add('--json')).stdout);
    expect(added).toMatchObject({ email: 'ada@example.com', status: 'invited', invitation: { mailed: false } });
    const invited = JSON.parse((await cli.run(['users', 'invite', 'ada@example.com', '--json'], root)).stdout);
    expect(invited.invitation.link).not.toBe(added.invitation.link);
  });

  it('is not needed by a daemon of the release before, which the command tells from its responses', async () => {
    const send = appFetch(cli.app);
    const respond = (status: number, code: string, more: object = {}) =>
      new Response(JSON.stringify({ type: 'about:blank', title: code, status, detail: code, code, ...more }), {
        status,
      });
    const before: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/invitation')) return respond(404, 'not-found');
      if (String(init?.body).includes('"invite"')) {
        const errors = [{ pointer: '/invite', detail: 'Unknown field.' }];
        return respond(400, 'invalid-fields', { errors });
      }
      const response = await send(input, init);
      const { invitation: _, status: __, ...body } = (await response.json()) as Record<string, unknown>;
      return new Response(JSON.stringify(body), response);
    };
    const old = { ...root, fetch: before };
    const argv = ['users', 'add', 'ada@example.com', '--no-mail'];
    expect(await cli.run(argv, old)).toMatchObject({ code: 0, stdout: '', stderr: 'Added ada@example.com.\n' });
    const invited = await cli.run(['users', 'invite', 'ada@example.com'], old);
    expect(invited).toMatchObject({ code: 3, stderr: expect.stringContaining('too old') });
    expect((await cli.run(['users', 'list'], old)).stdout).toMatch(/^dev@example\.com\t.*\tactive$/m);
  });

  it('is left out with --no-mail', async () => {
    expect(await add('--no-mail')).toMatchObject({ code: 0, stdout: '', stderr: 'Added ada@example.com.\n' });
  });
});

describe('users edit', () => {
  it('changes the address and the name, and says so', async () => {
    const argv = ['users', 'edit', 'DEV@example.com', '--email', 'ada@example.com', '--name', 'Ada Lovelace'];
    expect(await cli.run(argv, root)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'Changed dev@example.com: now ada@example.com (Ada Lovelace).\n',
    });
    const json = JSON.parse((await cli.run(['users', 'edit', 'ada@example.com', '--name', '', '--json'], root)).stdout);
    expect(json).toMatchObject({ email: 'ada@example.com', name: '' });
  });

  it('reminds of another invitation if the member has not joined', async () => {
    await cli.run(['users', 'add', 'typo@example.com'], root);
    const { stderr } = await cli.run(['users', 'edit', 'typo@example.com', '--email', 'right@example.com'], root);
    expect(stderr).toContain('tokens users invite right@example.com');
  });

  it('needs a change, and reports an address that is taken or malformed', async () => {
    expect((await cli.run(['users', 'edit', 'dev@example.com'], root)).code).toBe(2);
    const edit = (email: string) => cli.run(['users', 'edit', 'dev@example.com', '--email', email], root);
    expect((await edit('root@example.com')).code).toBe(5);
    expect((await edit('nonsense')).code).toBe(2);
    expect((await cli.run(['users', 'edit', 'nobody@example.com', '--name', 'x'], root)).code).toBe(3);
    expect((await cli.run(['users', 'edit', 'dev@example.com', '--name', 'x'], dev)).code).toBe(4);
  });
});

it('says how to invite a member who exists already again', async () => {
  const ran = await cli.run(['users', 'add', 'dev@example.com'], root);
  expect(ran).toMatchObject({ code: 5, stdout: '' });
  expect(ran.stderr).toBe(
    'error: dev@example.com is already the address of a member. If they have not joined yet, invite them again with `tokens users invite dev@example.com`. If their account is disabled, use `tokens users enable dev@example.com`.\n',
  );
});

describe('users delete', () => {
  it('asks, names the tokens that are lost, and deletes the member', async () => {
    const { token } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
    expect((await cli.run(['users', 'delete', 'dev@example.com'], root)).code).toBe(2);
    expect((await cli.run(['users', 'delete', 'dev@example.com'], { ...root, answers: [false] })).code).toBe(130);
    expect(cli.questions.at(-1)).toContain('Delete dev@example.com for good, and permanently revoke 1 token?');
    expect(await verdict(cli.app, token)).toBe(200);
    const deleted = await cli.run(['users', 'delete', 'dev@example.com', '--yes', '--json'], root);
    expect(JSON.parse(deleted.stdout)).toMatchObject({ email: 'dev@example.com', status: 'deleted', token_count: 1 });
    expect(await verdict(cli.app, token)).toBe('revoked');
    expect((await cli.run(['users', 'delete', 'dev@example.com', '--yes'], root)).code).toBe(3);
  });

  it('names the service accounts that lose their only enabled maintainer, before it asks and after the deletion', async () => {
    const other = await cli.app.addMember({ email: 'other@example.com' });
    await createServiceAccount(cli.app, 'release', { maintainers: [cli.app.dev, other] });
    await createServiceAccount(cli.app, 'shared', { maintainers: [cli.app.dev, cli.app.root] });
    await createServiceAccount(cli.app, 'foreign', { maintainers: [other] });
    await cli.run(['users', 'disable', 'other@example.com'], root);
    const remove = ['users', 'delete', 'dev@example.com'];
    const asked = await cli.run(remove, { ...root, answers: [false] });
    expect(asked.stderr).toContain('Service accounts that no other enabled member maintains:\n  release\n');
    expect(asked.stderr).not.toMatch(/shared|foreign/);
    expect(cli.questions.at(-1)).toBe('Delete dev@example.com for good? This cannot be undone.');
    const command = 'tokens service-accounts edit release --add-maintainer EMAIL';
    expect(await cli.run([...remove, '--yes'], { ...root, stderrIsTTY: false })).toMatchObject({
      code: 0,
      stderr: `No enabled member maintains the service account release: ${command}\n`,
    });
  });

  it('is denied for yourself and to members', async () => {
    const own = await cli.run(['users', 'delete', 'root@example.com', '--yes', '--json'], root);
    expect(own.code).toBe(5);
    expect(JSON.parse(own.stderr).code).toBe('own-account');
    expect((await cli.run(['users', 'delete', 'root@example.com', '--yes'], dev)).code).toBe(4);
  });
});

it.each([
  { argv: ['grant', 'dev@example.com', 'root@example.com'], changed: { can_manage_tokens: true } },
  { argv: ['ungrant', 'dev@example.com', 'root@example.com'], changed: { can_manage_tokens: false } },
  { argv: ['users', 'promote', 'dev@example.com'], changed: { superuser: true } },
  { argv: ['users', 'disable', 'dev@example.com'], changed: { disabled: true, status: 'disabled' } },
  { argv: ['users', 'enable', 'dev@example.com'], changed: { disabled: false, status: 'active' } },
  { argv: ['users', 'reset-totp', 'dev@example.com', '--yes'], changed: {} },
  { argv: ['offboard', 'dev@example.com', '--yes'], changed: { status: 'disabled', token_count: 0 } },
])('prints one JSON object for each member that it changed: $argv', async ({ argv, changed }) => {
  if (argv[1] === 'reset-totp') await turnOn(cli.app, cli.app.dev);
  const { code, stdout, stderr } = await cli.run([...argv, '--json'], root);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const emails = argv.filter((word) => word.includes('@'));
  expect(objects).toMatchObject(emails.map((email) => ({ email, ...changed })));
});

it('prints the objects that it changed even if others fail, each failure as a problem on stderr', async () => {
  const argv = ['grant', 'nobody@example.com', 'dev@example.com', '--json'];
  const { code, stdout, stderr } = await cli.run(argv, root);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ email: 'dev@example.com' });
  expect(JSON.parse(stderr)).toMatchObject({ code: 'user-not-found' });
});

it('erases a member only once nobody reads the old content of the database, and says that it waits', async () => {
  await cli.run(['users', 'disable', 'dev@example.com'], root);
  const reader = await connect(cli.app.path, sqlite3.OPEN_READONLY);
  await execute(reader, 'BEGIN; SELECT count(*) FROM users');
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
    // Another attempt leads to nothing as long as the first one has its lease.
    if (waits.length === 3) await execute(reader, 'COMMIT');
    cli.app.clock.advance(10_000);
  };
  const ran = await cli.run(['users', 'erase', 'dev@example.com', '--yes'], { ...root, sleep });
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).toContain('goes on if you stop this command');
  expect(ran.stderr).toContain('Erased dev@example.com.');
  expect(waits.length).toBeGreaterThan(3);
  await disconnect(reader);
  const { items } = await jsonOf<{ items: object[] }>(
    cli.app.ask('/api/v1/audit?action=user.erased', { as: cli.app.root }),
  );
  expect(items).toHaveLength(1);
});
