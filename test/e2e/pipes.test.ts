import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
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

const tokenCount = 500;
const printFirstExitCode = 'echo $PIPESTATUS';

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let dev: Client;
let tokenOwner: Client;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  [dev, tokenOwner] = await Promise.all([
    addDeveloper(daemon.url, root),
    addDeveloper(daemon.url, root, 'many@example.com'),
  ]);
  await addTokens(tokenOwner.user.id);
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Writes tokens directly to the database, because creating them through the daemon would take too long. */
async function addTokens(ownerId: string): Promise<void> {
  const store = await openStore(`sqlite:${join(prepared.dataDir, 'tokens.db')}`);
  await store.transaction(async ({ tokens }) => {
    for (let index = 0; index < tokenCount; index += 1) {
      const name = `token number ${index}`;
      await tokens.insert(newToken(ownerId, { name, nameFolded: name }), tokenCount);
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

/** Runs a bash script in which `tokens` is the program. Only a shell can close or redirect its streams. */
function inShell(client: Client, script: string): Promise<Finished> {
  const [node, program] = programCommand('tokens', []);
  const env = bareEnvironment({ ...environment(client), NODE: node, PROGRAM: program ?? '' });
  const child = spawn('bash', ['-c', `tokens() { "$NODE" "$PROGRAM" "$@"; }; ${script}`], { env });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.end();
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, ...output })));
}

async function namesOf(client: Client): Promise<string[]> {
  const { items } = (await (await client.request('GET', '/tokens?limit=200')).json()) as { items: Token[] };
  return items.map(({ name }) => name);
}

describe('stdout', () => {
  it('contains only the value and a newline for create', async () => {
    const result = await as(dev, ['create', 'exact']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
    expect((await verify(daemon.url, result.stdout.trimEnd())).status).toBe(200);
  });

  it('is empty for commands that print no result', async () => {
    await dev.createToken('to revoke');
    expect(await as(dev, ['revoke', 'to revoke', '--yes'])).toMatchObject({ code: 0, stdout: '' });
    expect(await as(root, ['grant', dev.user.email])).toMatchObject({ code: 0, stdout: '' });
    const added = await as(root, ['users', 'add', 'added@example.com', '--no-mail']);
    expect(added).toMatchObject({ code: 0, stdout: '' });
  });

  it('contains only the link of an invitation if the server cannot send mail', async () => {
    const { code, stdout } = await as(root, ['users', 'add', 'invited@example.com']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^http:\/\/\S+\/invitation\?token=\S+\n$/);
  });

  it('contains one line of six columns per token for a long list', async () => {
    const { code, stdout, stderr } = await as(tokenOwner, ['list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(tokenCount + 1);
    expect(new Set(lines.map((line) => line.split('\t').length))).toEqual(new Set([6]));
  });

  it('contains complete JSON for a long list --json', async () => {
    const { code, stdout } = await as(tokenOwner, ['list', '--json']);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(100_000);
    const tokens = JSON.parse(stdout) as Token[];
    expect(new Set(tokens.map(({ name }) => name)).size).toBe(tokenCount);
  });

  it('contains no escape character, nor does stderr, even if the environment forces colors', async () => {
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
  it('makes the command exit 0 silently after the first line', async () => {
    const result = await inShell(tokenOwner, `tokens list | head -1; ${printFirstExitCode}`);
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe('NAME\tPREFIX\tCREATED\tLAST USED\tSTATUS\tEXPIRES\n0\n');
  });

  it('makes the command exit 0 silently before any output', async () => {
    for (const command of ['list --json', 'list', '--help', 'show "token number 7"']) {
      const result = await inShell(tokenOwner, `tokens ${command} | true; ${printFirstExitCode}`);
      expect(result).toMatchObject({ stdout: '0\n', stderr: '' });
    }
  });

  it('makes create revoke the token if it closes before reading the value', async () => {
    await inShell(dev, 'tokens create unread | { exec <&-; }');
    expect(await namesOf(dev)).not.toContain('unread');
  });

  it('does not stop a command that writes to stderr', async () => {
    await dev.createToken('no reader');
    const result = await inShell(
      dev,
      'tokens revoke "no reader" --yes 2>&1 >/dev/null | true; tokens show "no reader"',
    );
    expect(result.code).toBe(3);
  });
});

describe('a failing stdout', () => {
  it('makes create exit 1 and revoke the new token', async () => {
    const result = await inShell(dev, 'tokens create lost > /dev/full');
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toMatch(/^error: .*ENOSPC.*revoked\.\n$/);
    expect(await namesOf(dev)).not.toContain('lost');
  });

  it('makes list exit 1 with a one-line error', async () => {
    const result = await inShell(tokenOwner, 'tokens list > /dev/full');
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toMatch(/^error: .*ENOSPC.*\n$/);
  });

  it('does not crash a command if stdout is closed at the start', async () => {
    const result = await inShell(dev, 'tokens create closed >&-');
    expect([0, 1]).toContain(result.code);
    expect(result.stderr).not.toMatch(/\bat .*\.js/);
  });
});

describe('--json', () => {
  it('prints one problem object per error on stderr', async () => {
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
    const runs = await Promise.all(cases.map(async ([args, expected]) => ({ expected, result: await as(dev, args) })));
    for (const { expected, result } of runs) {
      const objects = result.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(result.code).not.toBe(0);
      expect(objects).toMatchObject(expected);
      expect(objects).toHaveLength(expected.length);
    }
  });
});

describe('a run without a terminal', () => {
  const interactiveCommands: [string, string[]][] = [
    ['login without a server address', ['login']],
    ['login', ['login', 'DAEMON']],
    ['login with an email address', ['login', 'DAEMON', '--email', 'dev@example.com']],
    ['revoke', ['revoke', 'ci']],
    ['revoke --all', ['revoke', '--all']],
    ['offboard', ['offboard', 'dev@example.com']],
    ['password', ['password']],
  ];

  it.each(interactiveCommands)(
    'prompts for nothing and exits 2 for %s, whether stdin is closed or silent',
    async (_what, args) => {
      const argv = args.map((word) => (word === 'DAEMON' ? daemon.url : word));
      const startedAt = performance.now();
      const silent = startProgram('tokens', argv, environment(root));
      const ended = new Promise((resolve) => silent.once('close', resolve));
      const closed = await as(root, argv);
      expect(closed).toMatchObject({ code: 2, stdout: '' });
      expect(closed.stderr).toMatch(/^error: .*--\S+.*\n$/);
      expect(await ended).toBe(2);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );

  it('does not crash if stdin is closed', async () => {
    for (const command of [
      'check',
      'login --email a@example.com --password-stdin',
      'users add x@example.com --password-stdin',
    ]) {
      const result = await inShell(root, `tokens ${command} <&-`);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(/^error: .*\n$/);
    }
  });
});

describe('a secret', () => {
  it.each([
    ['users add', ['users', 'add', 'ada@example.com', '--grant', '--password-stdin'], 'a passphrase for ada alone'],
    ['login', ['login', '--email', superuser.email, '--password-stdin'], superuser.password],
    ['check', ['check'], 'tok_0123456789'],
  ])('appears in no command line if %s reads it from stdin', async (_what, args, secret) => {
    const child = startProgram('tokens', args, environment(args[0] === 'users' ? root : null));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.write(secret);
    // The process waits for the end of its input, so its command line can be inspected.
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

  it('is rejected on the command line', async () => {
    const { token } = await dev.createToken('on the command line');
    const result = await as(dev, ['check', token]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).not.toContain(token);
    expect((await as(null, ['login', '--password', 'hunter2hunter2'])).code).toBe(2);
  });

  it('loses exactly one trailing LF or CRLF when read from stdin', async () => {
    const { token } = await dev.createToken('line ends');
    for (const end of ['', '\n', '\r\n']) expect((await as(null, ['check'], token + end)).code).toBe(0);
    expect((await as(null, ['check'], `${token}\n\n`)).code).toBe(4);
  });
});

it('ends `audit --follow` without a message once its reader is gone', async () => {
  const script = 'tokens audit --follow --json | head -n 1 >/dev/null; echo $PIPESTATUS';
  let finished: Finished | null = null;
  const running = inShell(dev, script).then((result) => {
    finished = result;
  });
  for (let number = 0; finished === null; number += 1) {
    expect(number).toBeLessThan(100);
    await dev.createToken(`followed-${number}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await running;
  expect(finished).toMatchObject({ code: 0, stdout: '0\n', stderr: '' });
}, 60_000);
