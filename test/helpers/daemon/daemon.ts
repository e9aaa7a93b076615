import { randomInt } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { eventually, runProgram, seenSecrets, startProgram } from './process.ts';

export const superuser = { email: 'root@example.com', password: 'correct horse battery staple' };

export interface Daemon {
  url: string;
  dataDir: string;
  pid: number;
  /** Returns everything it has logged. */
  stderr(): string;
  /** Sends the signal and returns the exit code, or null if the signal killed the process. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

interface InitializedFile {
  name: string;
  bytes: Buffer;
  mode: number;
}
let initialized: Promise<InitializedFile[]> | undefined;

/**
 * Creates a data directory with one superuser. Call `remove` at the end. Without settings in `env`, it copies a directory
 * that `tokensd init` created once, because that is faster.
 */
export async function prepareDaemon(
  env: Record<string, string> = {},
): Promise<{ dataDir: string; remove(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tokensd-test-'));
  const remove = () => rm(dataDir, { recursive: true, force: true });
  seenSecrets.add(superuser.password);
  if (Object.keys(env).length > 0) {
    await init(dataDir, env);
    return { dataDir, remove };
  }
  initialized ??= initOnce();
  for (const { name, bytes, mode } of await initialized) await writeFile(join(dataDir, name), bytes, { mode });
  return { dataDir, remove };
}

async function initOnce(): Promise<InitializedFile[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tokensd-test-'));
  await init(dataDir, {});
  const names = await readdir(dataDir);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(dataDir, name);
      return { name, bytes: await readFile(path), mode: (await stat(path)).mode };
    }),
  );
  await rm(dataDir, { recursive: true });
  return files;
}

async function init(dataDir: string, env: Record<string, string>): Promise<void> {
  const created = await runProgram(
    'tokensd',
    ['init', '--email', superuser.email, '--name', 'Root', '--password-stdin'],
    {
      env: { ...env, TOKENSD_DATA_DIR: dataDir },
      input: superuser.password,
    },
  );
  if (created.code !== 0) throw new Error(`tokensd init: ${created.stderr}`);
}

/** Starts the built daemon and waits until it listens. Its log level is `debug`, unless `env` sets another. */
export async function startDaemon(dataDir: string, env: Record<string, string> = {}): Promise<Daemon> {
  const settings = { TOKENSD_LISTEN: '127.0.0.1:0', TOKENSD_LOG_LEVEL: 'debug', TOKENSD_DATA_DIR: dataDir, ...env };
  const child = startProgram('tokensd', ['serve'], settings);
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`tokensd ended: ${log}`);
    return /"url":"([^"]+)".*"msg":"listening"/.exec(log)?.[1];
  }, 'the daemon to listen');
  return {
    url,
    dataDir,
    pid: child.pid ?? 0,
    stderr: () => log,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return closed;
    },
  };
}

/**
 * Returns a port that no program listens on. It is below the ports that the system gives to outgoing connections, so that none of them
 * takes it before the caller listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Creates data directories and daemons for the tests of one file, and removes them after each test. */
export function useDaemons() {
  const cleanups: Array<() => Promise<unknown>> = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    cleanUp: (cleanup: () => Promise<unknown>) => void cleanups.push(cleanup),
    /** Creates a data directory with one superuser. */
    async newDataDir(): Promise<string> {
      const { dataDir, remove } = await prepareDaemon();
      cleanups.push(remove);
      return dataDir;
    },
    async emptyDataDir(): Promise<string> {
      const dataDir = await mkdtemp(join(tmpdir(), 'tokensd-empty-'));
      cleanups.push(() => rm(dataDir, { recursive: true }));
      return dataDir;
    },
    async start(dataDir: string, env: Record<string, string> = {}): Promise<Daemon> {
      const daemon = await startDaemon(dataDir, env);
      cleanups.push(() => daemon.stop('SIGKILL'));
      return daemon;
    },
  };
}
