import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

/** Compiles `lock-worker.ts` into `directory`, so that any Node version can run it, and returns its path. */
export async function buildLockWorker(directory: string): Promise<string> {
  const outfile = join(directory, 'lock-worker.mjs');
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({
    entryPoints: [join(import.meta.dirname, 'lock-worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner,
    logLevel: 'warning',
  });
  return outfile;
}

/** Starts a process that acquires the lock of `x.json` in `path` at `startAt` and holds it for `holdMs`. */
export function startLockWorker(worker: string, path: string, { startAt = 0, holdMs = 0 } = {}): ChildProcess {
  const args = [worker, path, String(startAt), String(holdMs)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Waits until the process holds the lock. */
export async function entered({ stdout }: ChildProcess): Promise<void> {
  if (stdout) await once(stdout, 'data');
}

/** Returns the largest number of processes that were inside the lock at the same time. */
export async function maxInside(path: string): Promise<number> {
  let [inside, max] = [0, 0];
  for (const line of (await readFile(join(path, 'log'), 'utf8')).split('\n')) {
    if (line.startsWith('enter')) inside += 1;
    if (line.startsWith('leave')) inside -= 1;
    max = Math.max(max, inside);
  }
  return max;
}
