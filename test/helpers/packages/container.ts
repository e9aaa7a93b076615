import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type Finished, finished } from '../daemon/process.ts';

/** A network of its own, with nothing but a loopback interface. Ports in it are not those of this machine. */
export interface Network {
  /** Runs a program of this machine in the network, until it ends. */
  run(command: readonly string[], input?: string): Promise<Finished>;
  /** The words before a command that runs in the network. */
  prefix: readonly string[];
  /** The file that a container runtime mounts over /etc/hosts. */
  hosts: string;
  remove(): Promise<void>;
}

/** What a container runtime is told about a container. */
export interface ContainerOptions {
  /** The directory with the files of the image, or `/` for a program of this machine. */
  root: string;
  command: readonly string[];
  env: Record<string, string>;
  workdir: string;
  uid: number;
  gid: number;
  groups?: readonly number[];
  /** Capabilities that stay, in lower case, such as `net_bind_service`. */
  capabilities?: readonly string[];
  mounts?: ReadonlyArray<{ source: string; target: string; readOnly?: boolean }>;
  tmpfs?: readonly string[];
  readOnly: boolean;
  /** Null: that of this machine. */
  network: Network | null;
}

export interface Container {
  output(): string;
  /** Runs a program beside the container's own, with the same user, files and variables. */
  exec(command: readonly string[], input?: string): Promise<Finished>;
  /** Sends a signal to process 1, and returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Opens a network. It ends with the process that holds it, whose standard input ends with this one.
 * @param names Host names of containers, which all share the loopback interface
 */
export async function openNetwork(names: readonly string[] = []): Promise<Network> {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-network-'));
  const hosts = join(directory, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost ${names.join(' ')}\n::1 localhost\n`);
  await chmod(directory, 0o755);

  // 0x8914 is SIOCSIFFLAGS, and 0x49 are the flags UP, LOOPBACK and RUNNING.
  const up =
    '$| = 1; $r = pack("a16sx22", "lo", 0x49); socket(S, 2, 2, 0); ioctl(S, 0x8914, $r) or die $!; print "up"; <STDIN>;';
  const holder = spawn('unshare', ['--net', 'perl', '-e', up]);
  const closed = new Promise((resolve) => holder.once('close', resolve));
  const output = collect(holder);
  await eventually(() => output().includes('up'), 'a network');
  const prefix = ['nsenter', `--net=/proc/${holder.pid}/ns/net`];
  return {
    ...{ prefix, hosts },
    run: (command, input) => runToEnd([...prefix, ...command], { PATH: path }, input),
    async remove() {
      holder.kill('SIGKILL');
      await closed;
      await rm(directory, { recursive: true });
    },
  };
}

/** Starts a container: processes, mounts and user as container runtimes set them up. Its program is process 1. */
export function startContainer(options: ContainerOptions): Container {
  const { env } = options;
  const child = spawnContainer(options);
  const output = collect(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output,
    async exec(command, input) {
      const target = ['--target', String(await firstProcess(child)), '--mount', '--pid', '--net', '--root'];
      return runToEnd(['nsenter', ...target, ...asUser(options), ...command], { PATH: path, ...env }, input);
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) process.kill(await firstProcess(child), signal);
      return ended;
    },
  };
}

/** Runs a container until its program ends by itself. */
export async function runContainer(options: ContainerOptions, input = ''): Promise<Finished> {
  return finished(spawnContainer(options), input);
}

function spawnContainer(options: ContainerOptions): ChildProcess {
  const { root, network, env, command } = options;
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-euc', mountScript(options), 'sh'];
  const inside = [...(root === '/' ? [] : ['chroot', root]), ...asUser(options), ...command];
  const [program = '', ...words] = [...(network?.prefix ?? []), ...unshare, ...inside];
  return spawn(program, words, { env: { PATH: path, ...env } });
}

/** Returns a script that mounts what the container sees, and then runs its arguments. */
function mountScript({ root, network, mounts = [], tmpfs = [], readOnly }: ContainerOptions): string {
  const inRoot = (target: string) => quote(root === '/' ? target : `${root}${target}`);
  const hosts = network === null ? [] : [{ source: network.hosts, target: '/etc/hosts', readOnly: true }];
  const lines = [
    ...(root === '/' ? [] : [`mount --bind ${quote(root)} ${quote(root)}`]),
    `mount -t proc proc ${inRoot('/proc')}`,
    ...tmpfs.map((target) => `mkdir -p ${inRoot(target)}; mount -t tmpfs -o mode=1777 tmpfs ${inRoot(target)}`),
    ...[...hosts, ...mounts].flatMap(({ source, target, readOnly: fixed = false }) => [
      `if [ -d ${quote(source)} ]; then mkdir -p ${inRoot(target)}`,
      `else mkdir -p "$(dirname ${inRoot(target)})"; [ -e ${inRoot(target)} ] || : > ${inRoot(target)}; fi`,
      `mount --bind ${quote(source)} ${inRoot(target)}`,
      ...(fixed ? [`mount -o remount,bind,ro ${inRoot(target)}`] : []),
    ]),
    ...(readOnly ? [`mount -o remount,bind,ro ${quote(root)}`] : []),
    'exec "$@"',
  ];
  return lines.join('\n');
}

/** Returns the words before a command that give up all rights but those of the container's user. */
function asUser({ uid, gid, groups = [], capabilities = [], workdir }: ContainerOptions): string[] {
  const others = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  const bounds = `--bounding-set=${['-all', ...capabilities.map((name) => `+${name}`)].join(',')}`;
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, others, '--no-new-privs', '--inh-caps=-all', bounds];
  return [...user, 'env', `--chdir=${workdir}`];
}

/** Returns the process of this machine that is process 1 of the container. It starts a moment after `unshare`. */
function firstProcess({ pid }: ChildProcess): Promise<number> {
  const find = async () => {
    const text = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim();
    // Not an empty text: a signal to process 0 would reach our own process group.
    return text === '' ? null : Number(text);
  };
  return eventually(find, 'process 1 of the container');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return () => output;
}

function runToEnd(words: readonly string[], env: Record<string, string>, input = ''): Promise<Finished> {
  const [program = '', ...rest] = words;
  return finished(spawn(program, rest, { env }), input);
}
