import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Token } from '../../shared/schemas/tokens.ts';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { addDeveloper, type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import {
  bareEnvironment,
  commandLines,
  type Finished,
  programCommand,
  runProgram,
  startProgram,
} from '../helpers/daemon/process.ts';
import { newToken } from '../store/contract/records.ts';

const many = 500;
const exitOfFirst = 'echo $PIPESTATUS';

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let dev: Client;
let rich: Client;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  [dev, rich] = await Promise.all([addDeveloper(daemon.url, root), addDeveloper(daemon.url, root, 'rich@example.com')]);
  await addTokens(rich.user.id);
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Beside the daemon: by way of it they would take longer than all the tests. */
async function addTokens(ownerId: string): Promise<void> {
  const store = await openStore(`sqlite:${join(prepared.dataDir, 'tokens.db')}`);
  await store.transaction(async ({ tokens }) => {
    for (let index = 0; index < many; index += 1) {
      const name = `token number ${index}`;
      await tokens.insert(newToken(ownerId, { name, nameFolded: name }), many);
    }
  });
  await store.close();
}

function environment(client: Client | null): Record<string, string> {
  const session: Record<string, string> = client ? { TOKENS_SESSION: client.session } : {};
  return { ...home.env, TOKENS_SERVER: daemon.url, TOKENS_CREDENTIAL_STORE: 'file', ...session };
}

function as(client: Client | null, args: string[], input = ''): Promise<Finished> {
  return runProgram('tokens', args, { env: environment(client), input });
}

/** The program in a shell, as `$tokens` with its arguments: for what only a shell does with its streams. */
function inShell(client: Client, script: string): Promise<Finished> {
  const [node, program] = programCommand('tokens', []);
  const env = bareEnvironment({ ...environment(client), NODE: node, PROGRAM: program ?? '' });
  const child = spawn('bash', ['-c', `tokens() { "$NODE" "$PROGRAM" "$@"; }; ${script}`], { env });
  const ran = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  child.stdin.end();
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...ran })));
}

async function namesOf(client: Client): Promise<string[]> {
  const { items } = (await (await client.request('GET', '/tokens?limit=200')).json()) as { items: Token[] };
  return items.map(({ name }) => name);
}

describe('stdout', () => {
  it('contains exactly the value and a newline for create', async () => {
    const ran = await as(dev, ['create', 'exact']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
    expect((await verify(daemon.url, ran.stdout.trimEnd())).status).toBe(200);
  });

  it('is empty for commands that only act', async () => {
    await dev.createToken('to revoke');
    expect(await as(dev, ['revoke', 'to revoke', '--yes'])).toMatchObject({ code: 0, stdout: '' });
    expect(await as(root, ['grant', dev.user.email])).toMatchObject({ code: 0, stdout: '' });
    expect(await as(root, ['users', 'add', 'added@example.com'])).toMatchObject({ code: 0, stdout: '' });
  });

  it('contains one line of five columns per token for a long list', async () => {
    const { code, stdout, stderr } = await as(rich, ['list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(many + 1);
    expect(new Set(lines.map((line) => line.split('\t').length))).toEqual(new Set([5]));
  });

  it('contains complete JSON for a long list --json', async () => {
    const { code, stdout } = await as(rich, ['list', '--json']);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(100_000);
    const tokens = JSON.parse(stdout) as Token[];
    expect(new Set(tokens.map(({ name }) => name)).size).toBe(many);
  });

  it('contains no escape character, like stderr, even if the environment asks for colors', async () => {
    await dev.createToken('seen');
    const commands = [
      [],
      ['--help'],
      ['list'],
      ['show', 'seen'],
      ['whoami'],
      ['audit'],
      ['show', 'nope'],
      ['list', '--x'],
    ];
    const runs = commands.map((args) =>
      runProgram('tokens', args, {
        env: { ...environment(dev), FORCE_COLOR: '1', CLICOLOR_FORCE: '1', TERM: 'xterm-256color' },
      }),
    );
    for (const { stdout, stderr } of await Promise.all(runs)) expect(stdout + stderr).not.toContain('\u001b');
  });
});

describe('a reader that closes the pipe', () => {
  it('after the first line makes the command exit 0 silently', async () => {
    const ran = await inShell(rich, `tokens list | head -1; ${exitOfFirst}`);
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toBe('NAME\tPREFIX\tCREATED\tLAST USED\tSTATUS\n0\n');
  });

  it('before any output makes the command exit 0 silently', async () => {
    for (const command of ['list --json', 'list', '--help', 'show "token number 7"']) {
      const ran = await inShell(rich, `tokens ${command} | true; ${exitOfFirst}`);
      expect(ran).toMatchObject({ stdout: '0\n', stderr: '' });
    }
  });

  it('before it has read a new value leaves no token behind', async () => {
    await inShell(dev, 'tokens create unread | { exec <&-; }');
    expect(await namesOf(dev)).not.toContain('unread');
  });

  it('of stderr does not stop the command', async () => {
    await dev.createToken('unheard');
    const ran = await inShell(dev, 'tokens revoke unheard --yes 2>&1 >/dev/null | true; tokens show unheard');
    expect(ran.code).toBe(3);
  });
});

describe('a stdout that cannot be written', () => {
  it('makes create exit 1 and revoke the new token', async () => {
    const ran = await inShell(dev, 'tokens create lost > /dev/full');
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toMatch(/^error: .*ENOSPC.*revoked\.\n$/);
    expect(await namesOf(dev)).not.toContain('lost');
  });

  it('makes list exit 1 with one clear line', async () => {
    const ran = await inShell(rich, 'tokens list > /dev/full');
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toMatch(/^error: .*ENOSPC.*\n$/);
  });

  it('does not crash a command if it is closed from the start', async () => {
    const ran = await inShell(dev, 'tokens create closed >&-');
    expect([0, 1]).toContain(ran.code);
    expect(ran.stderr).not.toMatch(/\bat .*\.js/);
  });
});

describe('--json', () => {
  it('makes every error one problem object per line on stderr', async () => {
    const usage = { type: 'about:blank', status: 0, code: 'usage' };
    const cases: [string[], object[]][] = [
      [['lst', '--json'], [usage]],
      [['revoke', 'a', '--json'], [usage]],
      [['show', 'nope', '--json'], [{ code: 'token-not-found', status: 0 }]],
      [['create', '', '--json'], [{ code: 'invalid-fields', status: 400, errors: [{ pointer: '/name' }] }]],
      [['users', 'list', '--json'], [{ code: 'superuser-required', status: 403 }]],
      [
        ['revoke', 'nope', 'nor this', '--yes', '--json'],
        [{ code: 'token-not-found' }, { code: 'token-not-found' }],
      ],
      [['list', '--json', '--server', 'http://127.0.0.1:1'], [{ code: 'unreachable', status: 0 }]],
    ];
    const runs = await Promise.all(cases.map(async ([args, told]) => ({ told, ran: await as(dev, args) })));
    for (const { told, ran } of runs) {
      const objects = ran.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(ran.code).not.toBe(0);
      expect(objects).toMatchObject(told);
      expect(objects).toHaveLength(told.length);
    }
  });
});

describe('without a terminal', () => {
  const asking: [string, string[]][] = [
    ['login without an address', ['login']],
    ['login', ['login', 'DAEMON']],
    ['login with an e-mail address', ['login', 'DAEMON', '--email', 'dev@example.com']],
    ['revoke', ['revoke', 'asked']],
    ['revoke --all', ['revoke', '--all']],
    ['offboard', ['offboard', 'dev@example.com']],
    ['password', ['password']],
  ];

  it.each(asking)('%s asks nothing and exits 2, whether stdin is closed or silent', async (_what, args) => {
    const words = args.map((word) => (word === 'DAEMON' ? daemon.url : word));
    const begun = performance.now();
    const silent = startProgram('tokens', words, environment(root));
    const ended = new Promise((resolve) => silent.once('close', resolve));
    const closed = await as(root, words);
    expect(closed).toMatchObject({ code: 2, stdout: '' });
    expect(closed.stderr).toMatch(/^error: .*--\S+.*\n$/);
    expect(await ended).toBe(2);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('a closed stdin does not crash a command', async () => {
    for (const command of [
      'check',
      'login --email a@example.com --password-stdin',
      'users add x@example.com --password-stdin',
    ]) {
      const ran = await inShell(root, `tokens ${command} <&-`);
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(ran.stderr).toMatch(/^error: .*\n$/);
    }
  });
});

describe('secrets', () => {
  it.each([
    ['users add', ['users', 'add', 'ada@example.com', '--grant', '--password-stdin'], 'a passphrase for ada alone'],
    ['login', ['login', '--email', superuser.email, '--password-stdin'], superuser.password],
    ['check', ['check'], 'tok_0123456789'],
  ])('read from stdin appear in no command line: %s', async (_what, args, secret) => {
    const child = startProgram('tokens', args, environment(args[0] === 'users' ? root : null));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.write(secret);
    // It waits for the end of its input, so it is there to be looked at.
    const seen = commandLines();
    expect(seen).toContainEqual(expect.stringContaining(`tokens.js\0${args[0]}`));
    child.stdin?.end();
    while (child.exitCode === null) {
      seen.push(...commandLines());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await ended;
    for (const line of seen) expect(line).not.toContain(secret);
  });

  it('are not accepted on the command line', async () => {
    const { token } = await dev.createToken('on the command line');
    const ran = await as(dev, ['check', token]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toContain(token);
    expect((await as(null, ['login', '--password', 'hunter2hunter2'])).code).toBe(2);
  });

  it('lose exactly one trailing LF or CRLF', async () => {
    const { token } = await dev.createToken('line ends');
    for (const end of ['', '\n', '\r\n']) expect((await as(null, ['check'], token + end)).code).toBe(0);
    expect((await as(null, ['check'], `${token}\n\n`)).code).toBe(4);
  });
});
