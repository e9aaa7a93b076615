import fs from 'node:fs';
import { lstat, mkdir, rmdir, unlink } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { localError, systemCode } from '../errors.ts';

/**
 * Age at which a lock is stale. A holder refreshes its lock every second, so the holder of an older lock has died and
 * cannot release it.
 */
const staleMs = 3_000;
const refreshMs = 1_000;
const defaultMaxWaitMs = 10_000;
const pollMs = 20;

export interface FileLockOptions {
  /** Ends the wait when it aborts. */
  readonly signal: AbortSignal;
  readonly maxWaitMs?: number;
  /** The path of the lock in messages, if `lockPath` would mean nothing to a reader. */
  readonly shownLockPath?: string;
}

/**
 * Runs `act` while this process holds the lock directory at `lockPath`, which protects `path` from other processes.
 * A lock whose holder died is taken over after three seconds.
 * @throws CliError `unwritable` if another process keeps the lock for ten seconds or `maxWaitMs`, or took it over during
 * `act`.
 */
export async function withFileLock<T>(
  path: string,
  lockPath: string,
  options: FileLockOptions,
  act: () => Promise<T>,
): Promise<T> {
  let lost = false;
  const release = await acquire(path, lockPath, options, () => {
    lost = true;
  });
  const result = await act().finally(() => release().catch(() => undefined));
  // This process was suspended for so long that another one took the lock over, and may have changed the same file.
  if (lost) throw localError('unwritable', `Another tokens process changed ${path} at the same time. Try again.`);
  return result;
}

async function acquire(
  path: string,
  lockPath: string,
  { signal, maxWaitMs = defaultMaxWaitMs, shownLockPath = lockPath }: FileLockOptions,
  onCompromised: () => void,
) {
  const { lock } = await import('proper-lockfile');
  const deadline = performance.now() + maxWaitMs;
  for (;;) {
    try {
      const options = { lockfilePath: lockPath, realpath: false, stale: staleMs, update: refreshMs, onCompromised };
      return await lock(path, { ...options, fs: lockFileSystem() });
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (performance.now() > deadline) {
        const advice = `Try again in a few seconds; if none is running, delete ${shownLockPath}.`;
        throw localError('unwritable', `Another tokens process is changing ${path}. ${advice}`, error);
      }
    }
    await setTimeout(pollMs);
    signal.throwIfAborted();
  }
}

type Done = (error: NodeJS.ErrnoException | null) => void;

/**
 * The file system functions that proper-lockfile calls for one acquisition. They close three gaps that it leaves:
 * - Two waiters that see the same stale lock would both remove it. The second would delete the lock that the first has
 *   just acquired. Here only one may remove it: see `removeStale`.
 * - A holder that was suspended would remove the lock of the process that took over. Here it removes only its own.
 * - A symbolic link at the lock's path would be followed.
 */
function lockFileSystem() {
  let seenMs = 0;
  /** The modification time that this process gave its lock. Null until it holds the lock. */
  let ownMs: number | null = null;
  return {
    ...fs,
    stat(path: string, done: (error: NodeJS.ErrnoException | null, stats: fs.Stats) => void) {
      fs.lstat(path, (error, stats) => {
        if (!error) seenMs = stats.mtimeMs;
        done(error, stats);
      });
    },
    utimes(path: string, atime: Date, mtime: Date, done: Done) {
      fs.utimes(path, atime, mtime, (error) => {
        if (!error) ownMs = mtime.getTime();
        done(error);
      });
    },
    rmdir(path: string, done: Done) {
      const removed = ownMs === null ? removeStale(path, seenMs) : removeOwn(path, ownMs);
      removed.then(() => done(null), done);
    },
  };
}

/**
 * Removes the stale lock that was last modified at `seenMs`. A claim directory named after that time decides between
 * waiters: only the process that creates it may remove the lock, and only if the lock is still the one it saw.
 * @throws Error `ELOCKED` if another process is faster.
 */
async function removeStale(lockPath: string, seenMs: number): Promise<void> {
  const claim = `${lockPath}.${Math.trunc(seenMs)}`;
  await mkdir(claim).catch((error: unknown) => {
    throw systemCode(error) === 'EEXIST' ? locked() : error;
  });
  try {
    const stats = await lstat(lockPath);
    if (stats.mtimeMs !== seenMs) throw locked();
    await (stats.isDirectory() ? rmdir(lockPath) : unlink(lockPath));
  } finally {
    await rmdir(claim);
  }
}

/**
 * Removes the lock of this process. Keeps a lock that another process has taken over. The times may differ by up to a
 * second, because some file systems round them down to whole seconds.
 */
async function removeOwn(lockPath: string, ownMs: number): Promise<void> {
  const { mtimeMs } = await lstat(lockPath);
  if (Math.abs(mtimeMs - ownMs) < 1_000) await rmdir(lockPath);
}

function locked(): Error {
  return Object.assign(new Error('Another process holds the lock.'), { code: 'ELOCKED' });
}
