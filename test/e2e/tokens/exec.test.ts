import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleToken } from '../../../shared/token-format.ts';
import { ctrlC, startOnTerminal } from '../../helpers/cli/terminal.ts';
import { bareEnvironment, commandLines, eventually, programCommand, runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const value = assembleToken('tok', 'e'.repeat(32));
let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-exec-'));
  file = join(directory, 'token');
  await writeFile(file, `${value}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

const exec = (words: string[], { input = '', env = {}, options = ['--file', file] } = {}) =>
  runProgram('tokens', ['exec', 'ci', ...options, '--', ...words], { input, env });

/** A command that reports each signal that it receives. It ends with exit code 7 on the first `SIGTERM`. */
const signalReporter = [
  process.execPath,
  '-e',
  `for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGALRM', 'SIGUSR1']) process.on(name, () => console.log(name));
   process.on('SIGTERM', () => process.exit(7));
   setInterval(() => {}, 1000);
   console.log('ready');`,
];

/** Starts the program in the background of no terminal, and collects the lines that it prints. */
function start(words: string[]) {
  const [node, ...args] = programCommand('tokens', ['exec', 'ci', '--file', file, '--', ...words]);
  const child = spawn(node, args, { env: bareEnvironment(), detached: true });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return { child, lines: () => printed.split('\n').filter(Boolean) };
}

describe('tokens exec', () => {
  it('passes the value in the variable and nowhere else', async () => {
    const other = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8' };
    const { code, stdout, stderr } = await exec(['env']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = Object.entries({ ...other, TOKENS_TOKEN: value }).map(([name, text]) => `${name}=${text}`);
    expect(stdout.trimEnd().split('\n').sort()).toEqual(lines.sort());
    expect((await exec(['env'], { options: ['--file', file, '--env', 'NPM_TOKEN'] })).stdout).toContain(
      `NPM_TOKEN=${value}\n`,
    );
    const seen: string[] = [];
    const { child } = start(['sleep', '0.5']);
    while (child.exitCode === null) {
      seen.push(...commandLines());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(seen).toContain('sleep\x000.5\0');
    for (const line of seen) expect(line).not.toContain(value);
  });

  it('keeps the value out of its own environment', async () => {
    const { child } = start(['sh', '-c', 'tr "\\0" "\\n" </proc/$PPID/environ']);
    let printed = '';
    child.stdout.on('data', (text: string) => {
      printed += text;
    });
    await once(child, 'close');
    expect(printed).toContain('PATH=');
    expect(printed).not.toContain(value);
  });

  it('passes the arguments without a shell', async () => {
    const words = ['$HOME', '*', 'a b', '', '--json', '; exit 9', "'"];
    const { stdout } = await exec(['printf', '[%s]', ...words]);
    expect(stdout).toBe(words.map((word) => `[${word}]`).join(''));
  });

  it('connects stdin, stdout and stderr', async () => {
    const input = 'line\n'.repeat(100_000);
    expect((await exec(['cat'], { input })).stdout).toBe(input);
    expect(await exec(['sh', '-c', 'echo out; echo err >&2'])).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    const { stdout } = await exec([
      'sh',
      '-c',
      'i=0; while [ $i -lt 5000 ]; do echo 0123456789012345678901; i=$((i+1)); done',
    ]);
    expect(stdout).toHaveLength(5000 * 23);
  });

  it.each([0, 1, 3, 42, 127, 255])('ends with exit code %i like its command', async (code) => {
    expect(await exec(['sh', '-c', `exit ${code}`])).toMatchObject({ code, stderr: '' });
  });

  it.each(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGUSR1', 'SIGPIPE'] as const)(
    'ends with exit code 128 + n if %s ended its command',
    async (name) => {
      expect((await exec(['sh', '-c', `kill -${name.slice(3)} $$`])).code).toBe(128 + constants.signals[name]);
    },
  );

  it('ends with exit code 127 for an unknown command, and 126 for a file that cannot be run', async () => {
    const plain = join(directory, 'plain');
    await writeFile(plain, 'text');
    await chmod(plain, 0o600);
    const missing = await exec(['no-such-command']);
    expect(missing).toMatchObject({ code: 127, stdout: '' });
    expect(missing.stderr).toBe('error: There is no command "no-such-command". Check its name and PATH.\n');
    expect(await exec([plain])).toMatchObject({ code: 126, stderr: expect.stringMatching(/^error: .*EACCES/) });
    expect((await exec([''])).code).toBe(126);
  });

  it('ends with exit code 3 and runs nothing if no value is stored', async () => {
    const marker = join(directory, 'ran');
    const empty = join(directory, 'empty');
    await writeFile(empty, '\n');
    for (const path of [empty, join(directory, 'missing')]) {
      const ran = await exec(['touch', marker], { options: ['--file', path] });
      expect(ran).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error: .* holds no value/) });
    }
    const env = { TOKENS_SERVER: 'https://tokens.example.com', TOKENS_CONFIG_DIR: join(directory, 'config') };
    expect((await exec(['touch', marker], { env, options: [] })).code).toBe(3);
    await expect(readFile(marker)).rejects.toThrow('ENOENT');
  });

  it('rejects a directory, a named pipe and another kind of file instead of waiting for it', async () => {
    const other = join(directory, 'other');
    const pipe = join(directory, 'pipe');
    const folder = join(directory, 'folder');
    await writeFile(other, 'not a token');
    await mkdir(folder);
    await once(spawn('mkfifo', [pipe]), 'close');
    for (const path of [other, pipe, folder, '/dev/zero']) {
      const ran = await exec(['echo', 'ran'], { options: ['--file', path] });
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).not.toContain('not a token');
    }
  });

  it('follows a symbolic link, as container platforms use for secrets', async () => {
    const link = join(directory, 'link');
    await symlink(file, link);
    expect((await exec(['printenv', 'TOKENS_TOKEN'], { options: ['--file', link] })).stdout).toBe(`${value}\n`);
  });

  it('rejects a variable name that no shell can use, and a value on its command line', async () => {
    for (const name of ['', 'A=B', '1A', 'A B']) {
      expect((await exec(['env'], { options: ['--file', file, '--env', name] })).code).toBe(2);
    }
    const ran = await exec(['echo', value]);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toContain(value);
  });

  it('passes every signal on, and ends when its command ends', async () => {
    const { child, lines } = start(signalReporter);
    await eventually(() => lines().includes('ready'), 'the command');
    const names = ['SIGINT', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGWINCH'] as const;
    for (const [index, name] of names.entries()) {
      child.kill(name);
      await eventually(() => lines().length === index + 2, `${name} in ${lines()}`);
    }
    expect(lines()).toEqual(['ready', ...names]);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([7, null]);
  });

  it.skipIf(!hasRealParts('script', 'stty'))('delivers Ctrl-C on a terminal once', async () => {
    const terminal = startOnTerminal(['exec', 'ci', '--file', file, '--', ...signalReporter], {});
    await terminal.answer('ready', ctrlC);
    await terminal.answer('SIGINT', ctrlC);
    await terminal.answer('SIGINT', '');
    terminal.kill('SIGTERM');
    const { code, screen } = await terminal.ended();
    expect(code).toBe(7);
    expect(screen.match(/SIG\w+/g)).toEqual(['SIGINT', 'SIGINT']);
  });
});
