import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

export interface PackedFiles {
  /** The path of the tarball. */
  file: string;
  /** Its size in bytes. */
  size: number;
  /** The size of its files in bytes. */
  unpackedSize: number;
  paths: string[];
}

/** Packs this tree, whose programs must be built, as `npm pack` does. */
export async function packForNpm(directory: string): Promise<PackedFiles> {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const { stdout } = await run('npm', words, { cwd: root, env: environment(), maxBuffer: 64 * 1024 * 1024 });
  const [packed] = Object.values(JSON.parse(stdout)) as [
    { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
  ];
  const { filename, size, unpackedSize, files } = packed;
  return { file: join(directory, filename), size, unpackedSize, paths: files.map(({ path }) => path).sort() };
}

/** A person of this machine who is not root, with an empty home directory and an empty cache of npm. */
export interface Person {
  home: string;
  /** Runs a program in the home directory until it ends. `signal` ends it with SIGTERM. */
  run(command: string, args: string[], options?: RunOptions): Promise<Ended>;
  remove(): Promise<void>;
}

interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  signal?: AbortSignal;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The user `nobody` of every Unix. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Returns a person whose home directory contains a copy of a file. The test must run as root. */
export async function newPerson(file: string): Promise<Person> {
  const home = await mkdtemp(join(tmpdir(), 'tokens-person-'));
  await copyFile(file, join(home, basename(file)));
  await chown(home, nobody.uid, nobody.gid);
  return {
    home,
    async run(command, args, { env = {}, input = '', signal } = {}) {
      const variables = { ...environment(), HOME: home, npm_config_update_notifier: 'false', ...env };
      const child = spawn(command, args, { ...nobody, cwd: home, env: variables });
      signal?.addEventListener('abort', () => child.kill());
      child.stdin.on('error', () => {}).end(input);
      const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: await closed, stdout, stderr };
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Returns what npm needs to reach a registry: this environment without the settings of the npm that runs the tests, or of a user. */
function environment(): Record<string, string> {
  const own = /^(npm_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|NODE$|VITEST|HOME$|XDG_|TOKENS|DBUS_)/;
  const entries = Object.entries(process.env).filter(([name]) => !own.test(name));
  return Object.fromEntries(entries as [string, string][]);
}

/**
 * Serves the compiled parts of this tree's `sqlite3` and `keytar` where npm looks for the ones that their authors publish, so that
 * the test needs neither GitHub nor a compiler. Returns the settings of npm that lead there.
 */
export async function servePrebuilt(): Promise<{ env: Record<string, string>; asked: string[]; close(): void }> {
  const files: Record<string, string> = { sqlite3: 'node_sqlite3.node', keytar: 'keytar.node' };
  const asked: string[] = [];
  const server = createServer(async ({ url = '' }, response) => {
    const [, name = ''] = /\/(\w+)-v[^/]*\.tar\.gz$/.exec(url) ?? [];
    const file = files[name];
    if (file === undefined) return void response.writeHead(404).end();
    asked.push(name);
    const words = ['-C', join(root, 'node_modules', name), '-cz', `build/Release/${file}`];
    const tar = await run('tar', words, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 }).catch(() => null);
    response.writeHead(tar ? 200 : 404).end(tar?.stdout);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { npm_config_sqlite3_binary_host: url, npm_config_keytar_binary_host: url },
    asked,
    close: () => void server.close(),
  };
}
