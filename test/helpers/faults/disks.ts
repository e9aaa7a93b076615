import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { type Daemon, superuser } from '../daemon/daemon.ts';
import { bareEnvironment, eventually, programCommand } from '../daemon/process.ts';
import { hasRealParts } from '../peers/real-parts.ts';

/** Returns whether the test can mount file systems, which needs root, with these programs. */
export function canMount(...programs: string[]): boolean {
  return hasRealParts('root', 'unshare', 'nsenter', 'mount', ...programs);
}

/** A file system in a mount namespace of its own, so that it disappears however the test ends. */
export interface Disk {
  serve(env?: Record<string, string>): Promise<Daemon>;
  /** Fills the disk up, except for `freeBytes`. */
  fill(freeBytes?: number): void;
  free(): void;
  /** Returns the result of SQLite's integrity check. Call it only while no daemon runs. */
  integrity(): Promise<string>;
  /** Runs a shell script in the namespace and returns its output. `$0` is the mount point. */
  run(script: string): Promise<string>;
  remove(): Promise<void>;
}

/** Mounts a disk with a shell script that mounts it at `$0`, and initializes a data directory on it. */
export async function openDisk(mount: string): Promise<Disk> {
  const path = mkdtempSync(join(tmpdir(), 'tokensd-disk-'));
  const keeper = spawn('unshare', ['-m', 'sh', '-c', `set -e; ${mount}; echo mounted; exec sleep infinity`, path]);
  const keeperOutput = outputOf(keeper);
  await eventually(() => {
    if (keeper.exitCode !== null) throw new Error(`No disk: ${keeperOutput.text}`);
    return keeperOutput.text.includes('mounted');
  }, 'the disk to be mounted');
  const inside = (words: string[], env = bareEnvironment()) =>
    spawn('nsenter', ['-t', String(keeper.pid), '-m', '--', ...words], { env });
  const settings = { TOKENSD_DATA_DIR: path, TOKENSD_LISTEN: '127.0.0.1:0', TOKENSD_LOG_LEVEL: 'info' };
  /** The mount point as seen from outside the namespace. */
  const outside = `/proc/${keeper.pid}/root${path}`;
  const ballast = join(outside, 'ballast');

  const init = inside(
    programCommand('tokensd', ['init', '--email', superuser.email, '--password-stdin']),
    bareEnvironment(settings),
  );
  init.stdin?.end(superuser.password);
  const initOutput = outputOf(init);
  if ((await endOf(init)) !== 0) throw new Error(`tokensd init: ${initOutput.text}`);

  return {
    async serve(env = {}) {
      const child = inside(programCommand('tokensd', ['serve']), bareEnvironment({ ...settings, ...env }));
      const log = outputOf(child);
      const closed = endOf(child);
      const url = await eventually(() => {
        if (child.exitCode !== null) throw new Error(`tokensd ended: ${log.text}`);
        return /"url":"([^"]+)".*"msg":"listening"/.exec(log.text)?.[1];
      }, 'the daemon to listen');
      const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
        child.kill(signal);
        return closed;
      };
      return { url, dataDir: path, pid: child.pid ?? 0, stderr: () => log.text, stop };
    },
    fill(freeBytes = 0) {
      fillUp(ballast);
      truncateSync(ballast, Math.max(0, statSync(ballast).size - freeBytes));
    },
    free: () => rmSync(ballast, { force: true }),
    async integrity() {
      const copy = mkdtempSync(join(tmpdir(), 'tokensd-copy-'));
      for (const name of readdirSync(outside).filter((name) => /^tokens\.db(-wal)?$/.test(name))) {
        copyFileSync(join(outside, name), join(copy, name));
      }
      const response = await integrityOf(join(copy, 'tokens.db'));
      rmSync(copy, { recursive: true });
      return response;
    },
    async run(script) {
      const child = inside(['sh', '-c', script, path], process.env as Record<string, string>);
      const output = outputOf(child);
      if ((await endOf(child)) !== 0) throw new Error(`${script}: ${output.text}`);
      return output.text;
    },
    async remove() {
      keeper.kill('SIGKILL');
      await endOf(keeper);
      rmSync(path, { recursive: true });
    },
  };
}

function outputOf(child: ChildProcess): { text: string } {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  return output;
}

function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

/** Writes ever smaller pieces until not even one byte fits. */
function fillUp(path: string): void {
  writeFileSync(path, '');
  const file = openSync(path, 'a');
  for (let size = 256 * 1024; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
}

function integrityOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, (opened) => {
      if (opened) return reject(opened);
      database.get<{ integrity_check: string }>('PRAGMA integrity_check', (error, row) => {
        database.close();
        if (error) reject(error);
        else resolve(row.integrity_check);
      });
    });
  });
}
