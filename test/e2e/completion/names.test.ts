import { execFile } from 'node:child_process';
import { chmod, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Home, makeHome } from '../../helpers/cli/home.ts';
import { addDeveloper, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { bareEnvironment, eventually, programCommand, runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const run = promisify(execFile);
const email = 'ada@example.com';
/** How each shell starts without anybody's settings, and loads completion. */
const shells = {
  bash: { start: 'bash --norc --noprofile', load: 'PS1="> "; source <(tokens completion bash)' },
  zsh: { start: 'zsh -f', load: 'PS1="> "; autoload -U compinit; compinit -u -D; source <(tokens completion zsh)' },
  fish: { start: 'fish --no-config', load: 'function fish_prompt; echo "> "; end; tokens completion fish | source' },
} as const;

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  const root = await signIn(daemon.url, superuser);
  const member = await addDeveloper(daemon.url, root, email);
  for (const name of ['ci-pipeline', 'nightly backup', 'x$(touch hacked)`touch hacked`;"'])
    await member.createToken(name);
  await root.request('POST', '/apps', { name: 'grafana' });
  const login = ['login', daemon.url, '--insecure-http', '--credential-store', 'file', '--email', superuser.email];
  expect(
    await runProgram('tokens', [...login, '--password-stdin'], { env: home.env, input: superuser.password }),
  ).toMatchObject({ code: 0 });
  await writeFile(join(home.path, 'members.csv'), 'email\n');
  const [node, script] = programCommand('tokens', []);
  await writeFile(join(home.path, 'tokens'), `#!/bin/sh\nexec '${node}' '${script}' "$@"\n`);
  await chmod(join(home.path, 'tokens'), 0o755);
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

/** Starts an interactive shell, and returns a function that types on it and returns the line with the cursor. */
async function openShell(shell: keyof typeof shells) {
  const { start, load } = shells[shell];
  const socket = join(await mkdtemp(join(home.path, 'tmux-')), 'socket');
  const env = bareEnvironment({
    ...home.env,
    PATH: `${home.path}:${process.env.PATH}`,
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
  });
  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-S', socket, ...args], { env, cwd: home.path })).stdout;
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '150', '-y', '50', start);
  onTestFinished(async () => void (await tmux('kill-server')));
  // On a busy machine, a process may start too late to ask the server. The shells then find the names in the cache.
  for (const list of [['token', '--user', email], ['member'], ['app'], ['app', '--server', daemon.url]]) {
    const complete = () => runProgram('tokens', ['__complete', ...list], { env: home.env });
    await eventually(async () => (await complete()).stdout !== '', list.join(' '), 30_000);
  }
  const type = (...keys: string[]) => tmux('send-keys', ...keys);
  const line = async () => (await tmux('capture-pane', '-p', '-J')).trimEnd().split('\n').at(-1)?.trimEnd();
  const shows = async (wanted: string) => {
    await eventually(async () => (await line()) === wanted, `“${wanted}”`).catch(async (error: unknown) => {
      throw new Error(await tmux('capture-pane', '-p'), { cause: error });
    });
  };
  await type('-l', load);
  await type('Enter');
  await shows('>');
  /** Types the beginning of a line and presses Tab until it is `wanted`: a look-up that takes too long offers nothing. */
  return async (typed: string, wanted: string) => {
    await type('-l', typed);
    await shows(`> ${typed}`);
    await eventually(async () => {
      await type('Tab');
      return eventually(async () => (await line()) === `> ${wanted}`, wanted, 2_000).catch(() => false);
    }, wanted).catch(async (error: unknown) => {
      throw new Error(await tmux('capture-pane', '-p'), { cause: error });
    });
    await type('C-u');
    await shows('>');
  };
}

it('asks the server again after a change', async () => {
  const complete = () => runProgram('tokens', ['__complete', 'app'], { env: home.env });
  await eventually(async () => (await complete()).stdout.includes('grafana'), 'the name of the app', 25_000);
  await stat(join(home.path, '.config/tokens/completion.json'));
  expect(await runProgram('tokens', ['apps', 'create', 'wiki'], { env: home.env })).toMatchObject({ code: 0 });
  await expect(stat(join(home.path, '.config/tokens/completion.json'))).rejects.toThrow('ENOENT');
  await eventually(async () => (await complete()).stdout.includes('wiki'), 'the name of the new app', 25_000);
});

describe.each(['bash', 'zsh', 'fish'] as const)('completion in an interactive %s', (shell) => {
  it.skipIf(!hasRealParts(shell, 'tmux'))('offers names, quoted for the shell', async () => {
    const complete = await openShell(shell);
    await complete(`tokens show --user ${email} ci-`, `tokens show --user ${email} ci-pipeline`);
    await complete(`tokens show --user ${email} ni`, `tokens show --user ${email} nightly\\ backup`);
    await complete('tokens grant ad', `tokens grant ${email}`);
    await complete('tokens grant ada@e', `tokens grant ${email}`);
    await complete('tokens create new --app gr', 'tokens create new --app grafana');
    await complete('tokens apps del', 'tokens apps delete');
    await complete('tokens apply --file mem', 'tokens apply --file members.csv');
    await complete('tokens users add --file=mem', 'tokens users add --file=members.csv');
    await complete('tokens scan mem', 'tokens scan members.csv');
    await complete('tokens create key --manage tokens:re', 'tokens create key --manage tokens:read');
    await complete('tokens audit --action token.pa', 'tokens audit --action token.paused');
    await complete('tokens list --columns name,pref', `tokens list --columns name,prefix${shell === 'zsh' ? ',' : ''}`);
    await complete(`tokens --server ${daemon.url} apps show gr`, `tokens --server ${daemon.url} apps show grafana`);
  });

  it.skipIf(!hasRealParts(shell, 'tmux'))('never runs a name as a command', async () => {
    const complete = await openShell(shell);
    const escaped = {
      bash: 'x\\$\\(touch\\ hacked\\)\\`touch\\ hacked\\`\\;\\"',
      zsh: 'x\\$\\(touch\\ hacked\\)\\`touch\\ hacked\\`\\;\\"',
      fish: 'x\\$\\(touch\\ hacked\\)`touch\\ hacked`\\;\\"',
    }[shell];
    await complete(`tokens show --user ${email} x`, `tokens show --user ${email} ${escaped}`);
    const { stdout } = await run('ls', [home.path]);
    expect(stdout).not.toContain('hacked');
  });
});
