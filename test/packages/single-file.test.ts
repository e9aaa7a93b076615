import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { bareEnvironment, eventually, runProgram } from '../helpers/daemon/process.ts';
import { type DebianRoot, openDebianRoot } from '../helpers/packages/debian-root.ts';
import { buildSingleFile } from '../helpers/packages/single-file.ts';
import { type Keyring, startKeyring } from '../helpers/peers/keyring.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const canBuild = hasRealParts('strip');
const hasRoots = canBuild && hasRealParts('root', 'debootstrap', 'unshare');
const hasKeyring = canBuild && hasRealParts('gnome-keyring-daemon', 'secret-tool', 'dbus-run-session', 'module:keytar');

let file: string;
let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
beforeAll(async () => {
  if (!canBuild) return;
  [file, prepared] = await Promise.all([buildSingleFile(), prepareDaemon()]);
  daemon = await startDaemon(prepared.dataDir);
});
afterAll(async () => {
  await daemon?.stop();
  await prepared?.remove();
});

/** Runs the file on this machine. */
const run = (args: string[], env: Record<string, string> = {}, input = '') => runCommand(file, args, env, input);

async function runCommand(command: string, args: string[], env: Record<string, string>, input: string) {
  const child = spawn(command, args, { env: bareEnvironment(env) });
  child.stdin.on('error', () => {}).end(input);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, stdout, stderr };
}

describe.skipIf(!canBuild)('the single file', () => {
  it('is named after the version and the platform, and prints the version', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(basename(file)).toBe(`tokens-${version}-${process.platform}-${process.arch}`);
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('shows every help and every mistake as the npm package does', async () => {
    for (const args of [
      ['--help'],
      ['create', '--help'],
      ['help', 'exit-codes'],
      ['nonsense'],
      ...['bash', 'zsh', 'fish'].map((shell) => ['completion', shell]),
    ]) {
      const { signal: _, ...expected } = await runProgram('tokens', args);
      expect(await run(args)).toEqual(expected);
    }
  });

  it('contains the licenses of Node.js and of all packages in it, and prints them into a pager that ends early', async () => {
    const { code, stdout, stderr } = await run(['--licenses']);
    expect([code, stderr]).toEqual([0, '']);
    for (const text of [
      'tokens\n',
      'Node.js\n',
      'Node.js is licensed for use as follows',
      '\ncommander 14.',
      '\nundici 7.',
    ])
      expect(stdout).toContain(text);
    expect(await runCommand('sh', ['-c', `'${file}' --licenses | head -n 2`], {}, '')).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: stdout.split('\n').slice(0, 2).join('\n').concat('\n'),
    });
  });

  it.skipIf(!hasRealParts('script'))('shows tables on a terminal', async () => {
    const { session } = await signIn(daemon.url, superuser);
    const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: session, TERM: 'xterm' };
    const words = ['--quiet', '--return', '--command', `'${file}' users list`, '/dev/null'];
    expect((await runCommand('script', words, env, '')).stdout).toContain('EMAIL');
  });

  it('runs the code that V8 compiled at the build', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tokens-single-file-'));
    const report = join(directory, 'report');
    const preload = `const vm = require('node:vm');
      vm.Script = class extends vm.Script {
        constructor(code, options) {
          super(code, options);
          require('node:fs').appendFileSync(${JSON.stringify(report)}, options.filename + ' ' + this.cachedDataRejected + '\\n');
        }
      };`;
    await writeFile(join(directory, 'preload.cjs'), preload);
    const { session } = await signIn(daemon.url, superuser);
    const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: session };
    await run(['list', '--json'], { ...env, NODE_OPTIONS: `--require=${join(directory, 'preload.cjs')}` });
    expect(await readFile(report, 'utf8')).toBe('/main.cjs false\n/program.cjs false\n/list.cjs false\n');
    await rm(directory, { recursive: true });
  });
});

describe.skipIf(!hasRoots)('the single file on a bare Debian without Node.js', () => {
  let root: DebianRoot;
  beforeAll(async () => {
    root = await openDebianRoot('bookworm');
    await copyFile(file, join(root.path, 'usr/local/bin/tokens'));
    await root.expectSuccess('useradd --create-home ada');
  });
  afterAll(() => root?.remove());

  const asAda = (script: string, input = '') => root.expectSuccess(script, { user: 'ada', input });

  it('signs in, and says that it keeps the session in a file', async () => {
    expect((await root.run('command -v node nodejs npm')).code).not.toBe(0);
    const output = await asAda(
      `tokens login ${daemon.url} --email ${superuser.email} --password-stdin`,
      superuser.password,
    );
    expect(output).toContain('There is no usable OS keychain here, so the session is stored in ');
    expect(await asAda('stat -c %a ~/.config/tokens/credentials.json')).toBe('600\n');
  });

  it('creates a token, lists it, and runs a command with its value', async () => {
    await asAda('umask 077; tokens create ci-pipeline --expires 30d >~/ci-token');
    expect(await asAda('tokens list')).toMatch(/ci-pipeline.*active/);
    const value = await asAda(`tokens exec ci-pipeline --file ~/ci-token -- sh -c 'printf %s "$TOKENS_TOKEN"'`);
    expect((await verify(daemon.url, value)).status).toBe(200);
    expect(await root.read('home/ada/ci-token')).toBe(`${value}\n`);
  });

  it('ends with the exit code of the command that it ran, and with its own', async () => {
    const exec = 'tokens exec ci-pipeline --file ~/ci-token --';
    expect(await root.run(`${exec} sh -c 'exit 42'`, { user: 'ada' })).toMatchObject({ code: 42, stderr: '' });
    expect((await root.run(`${exec} nonsense`, { user: 'ada' })).code).toBe(127);
    expect((await root.run('tokens show nonsense', { user: 'ada' })).code).toBe(3);
  });

  it('opens the console with the xdg-open of the system', async () => {
    await root.write('usr/local/bin/xdg-open', '#!/bin/sh\necho "$@" >~/opened\n', 0o755);
    // The root ends all its processes when the script ends, so the script waits.
    const written = 'until [ -s ~/opened ]; do sleep 0.1; done; cat ~/opened';
    expect(await asAda(`DISPLAY=:0 tokens open; ${written}`)).toBe(`${daemon.url}/profile/api-tokens\n`);
    await asAda('rm ~/opened');
  });

  it('says what to do if there is no home directory, or none in which it can write', async () => {
    // A user without an account, as in many containers.
    const asNobody = (home: string, words: string) =>
      root.run(`setpriv --reuid=12345 --regid=12345 --clear-groups env --unset=HOME ${home} tokens ${words}`, {
        input: superuser.password,
      });
    const login = `login ${daemon.url} --email ${superuser.email} --password-stdin`;
    expect(await asNobody('', login)).toMatchObject({
      code: 2,
      stderr: 'error: There is no home directory for settings. Set HOME or TOKENS_CONFIG_DIR.\n',
    });
    const { code, stderr } = await asNobody('HOME=/home/bob', login);
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be written (EACCES)')]);
    expect(stderr).not.toMatch(/^ +at /m);
    expect((await asNobody('TOKENS_CONFIG_DIR=/tmp/settings', login)).code).toBe(0);
    expect((await asNobody('TOKENS_CONFIG_DIR=/tmp/settings', 'list --json')).code).toBe(0);
    await root.expectSuccess('rm -r /tmp/settings');
  });

  it('scans files and applies a description of the organization', async () => {
    expect((await root.run('tokens scan ~/ci-token', { user: 'ada' })).stdout).toContain('ci-token');
    await asAda(
      'cd; tokens export >organization.yaml; tokens apply --file organization.yaml --dry-run; rm organization.yaml',
    );
  });

  it('completes commands, options and names of tokens in bash', async () => {
    // What bash does when somebody presses Tab after these words.
    const complete = (...words: string[]) => {
      const line = ['tokens', ...words].map((word) => `'${word}'`).join(' ');
      const point = ['tokens', ...words].join(' ');
      return asAda(`bash -c '
        source <(tokens completion bash)
        complete -p tokens >/dev/null
        COMP_LINE="${point}" COMP_POINT=${point.length} COMP_WORDS=(${line.replaceAll("'", '"')}) COMP_CWORD=${words.length}
        _tokens; printf "%s\\n" "\${COMPREPLY[@]}"'`);
    };
    expect(await complete('who')).toBe('whoami\n');
    expect(await complete('create', '--exp')).toContain('--expires');
    // On a busy machine, a process may start too late to ask the server.
    await eventually(async () => (await complete('revoke', 'ci')) === 'ci-pipeline\n', 'the name of the token');
  });

  it('needs no other file than its own, and leaves none behind', async () => {
    await asAda('tokens logout');
    const files = await asAda('cd; find . -type f ! -name ".bash*" ! -name .profile | sort');
    expect(files).toBe('./.config/tokens/config.json\n./.config/tokens/credentials.json\n./ci-token\n');
    expect(await root.read('home/ada/.config/tokens/credentials.json')).toBe('{}\n');
  });
});

describe.skipIf(!hasKeyring)('the single file with a keyring', () => {
  let home: Home;
  let keyring: Keyring;
  beforeAll(async () => {
    home = await makeHome();
    keyring = await startKeyring(home.env);
  });
  afterAll(async () => {
    await keyring?.stop();
    await home?.remove();
  });

  it('shares the session and the values of tokens with the npm package', async () => {
    const env = { ...keyring.env, TOKENS_SERVER: daemon.url };
    const login = ['login', '--email', superuser.email, '--password-stdin', '--credential-store', 'keychain'];
    expect(await run(login, env, superuser.password)).toMatchObject({ code: 0 });
    const created = await runProgram('tokens', ['create', 'laptop', '--store'], { env });
    expect(created.code).toBe(0);
    expect(await run(['get', 'laptop'], env)).toMatchObject({ code: 0, stdout: created.stdout });
  });
});
