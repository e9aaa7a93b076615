import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOnTerminal, type Terminal } from '../cli/terminal.ts';
import { eventually, type Finished, finished } from '../daemon/process.ts';

/** A freshly installed Debian in a directory: the packages that every Debian has, and no others. */
export interface DebianRoot {
  /** Its directory on this machine. */
  path: string;
  /** Runs a shell script in it, by default as root, until it ends. */
  run(script: string, options?: { input?: string; user?: string }): Promise<Finished>;
  /** Runs a shell script as `run` does. @throws Error with its output if it fails */
  expectSuccess(script: string, options?: { input?: string; user?: string }): Promise<string>;
  /** Runs a shell script in it as root, on a terminal of its own. */
  onTerminal(script: string): Terminal;
  /** Starts a program in it, as its process 1. */
  start(command: readonly string[], options: { user: string; env: Record<string, string> }): Started;
  /** Reads a file of it. */
  read(path: string): Promise<string>;
  write(path: string, content: string, mode?: number): Promise<void>;
  /** Ends what was started, and removes the directory. */
  remove(): Promise<void>;
}

export interface Started {
  /** Returns what it has written to stdout and stderr. */
  output(): string;
  /** Sends SIGTERM, and returns the exit code. */
  stop(): Promise<number | null>;
}

/** Not in memory: a root has 200 MB. */
const directory = '/var/tmp';

/** Makes a bare root of a Debian release with debootstrap. Only the first root of a release on this machine is downloaded. */
export async function openDebianRoot(release: 'bookworm' | 'trixie'): Promise<DebianRoot> {
  const original = join(directory, 'tokens-debian-roots', release);
  if (!existsSync(original)) await makeRoot(release, original);
  const path = await mkdtemp(join(directory, `tokens-${release}-`));
  const copied = await finished(spawn('cp', ['--archive', '--reflink=auto', '--', `${original}/.`, path]));
  if (copied.code !== 0) throw new Error(copied.stderr);
  return rootIn(path);
}

async function makeRoot(release: string, original: string): Promise<void> {
  await mkdir(join(original, '..'), { recursive: true });
  const work = await mkdtemp(join(original, '..', `${release}-`));
  // A user who is not root must reach the files below it.
  await chmod(work, 0o755);
  const made = await finished(spawn('debootstrap', ['--variant=minbase', release, work]));
  if (made.code !== 0) throw new Error(`debootstrap ${release}: ${made.stdout.slice(-2000)}${made.stderr}`);
  await rename(work, original).catch(() => rm(work, { recursive: true }));
}

function rootIn(path: string): DebianRoot {
  const started: Array<{ child: ChildProcess; ended: Promise<unknown> }> = [];
  const run: DebianRoot['run'] = (script, { input = '', user = 'root' } = {}) => {
    return finished(spawnInside(path, ['sh', '-euc', script], { user, env: {} }), input);
  };
  return {
    path,
    run,
    async expectSuccess(script, options) {
      const { code, stdout, stderr } = await run(script, options);
      if (code !== 0) throw new Error(`${script} ended with ${code}:\n${stdout}${stderr}`);
      return stdout + stderr;
    },
    onTerminal(script) {
      const { words, env } = commandInside(path, ['sh', '-euc', script], { user: 'root', env: {} });
      return runOnTerminal(words, { env, columns: 120 });
    },
    start(command, options) {
      const child = spawnInside(path, command, options);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      started.push({ child, ended });
      return { output: () => output, stop: () => terminate(child).then(() => ended) };
    },
    read: (file) => readFile(join(path, file), 'utf8'),
    async write(file, content, mode = 0o644) {
      await writeFile(join(path, file), content);
      await chmod(join(path, file), mode);
    },
    async remove() {
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      await rm(path, { recursive: true, force: true });
    },
  };
}

function spawnInside(...options: Parameters<typeof commandInside>): ChildProcess {
  const { words, env } = commandInside(...options);
  const [program = '', ...rest] = words;
  return spawn(program, rest, { env });
}

/**
 * Returns the command that runs a program in the root with a /proc and terminals of its own. All its processes end with it, and its
 * mounts vanish.
 */
function commandInside(
  path: string,
  command: readonly string[],
  { user, env }: { user: string; env: Record<string, string> },
): { words: string[]; env: Record<string, string> } {
  const names = ['--mount', '--pid', '--fork', '--kill-child'];
  const script = [
    'mount -t proc proc "$1/proc"',
    'mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$1/dev/pts"',
    'mount --bind "$1/dev/pts/ptmx" "$1/dev/ptmx"',
    'user=$2; root=$1; shift 2',
    'exec chroot --userspec="$user:$user" "$root" "$@"',
  ];
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const variables = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: home };
  return {
    words: ['unshare', ...names, 'sh', '-euc', script.join('; '), 'sh', path, user, ...command],
    env: { ...variables, LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...env },
  };
}

/** Sends SIGTERM to the program that `unshare` runs, once it runs. */
async function terminate(child: ChildProcess): Promise<void> {
  const { pid } = child;
  const program = await eventually(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return 'none';
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() || null;
  }, 'unshare to start the program');
  if (program !== 'none') process.kill(Number(program), 'SIGTERM');
}
