import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { privateDirectory } from '../../../cli/session/private-file.ts';
import { buildLockWorker, entered, maxInside, startLockWorker } from '../../helpers/cli/lock-processes.ts';

let root: string;
let worker: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tokens-lock-'));
  worker = await buildLockWorker(root);
});
afterAll(() => rm(root, { recursive: true }));

const minute = 60_000;

/** Opens an empty configuration directory. Tests run concurrently, because most of them wait for a lock to become stale. */
async function openDirectory(signal = new AbortController().signal) {
  const path = await mkdtemp(join(root, 'config-'));
  const directory = privateDirectory(path, {
    isOwn: true,
    warn: async () => undefined,
    uuid: () => 'temporary',
    signal,
  });
  return { path, lockPath: join(path, '.x.json.lock'), directory };
}

/** Sets the age of a lock. A lock that is a minute old belongs to a process that was killed. */
function setAge(path: string, ageMs: number): Promise<void> {
  const time = new Date(Date.now() - ageMs);
  return utimes(path, time, time);
}

// The time limit is long, because the processes share the machine with other tests.
describe.concurrent('the lock of a private file', { timeout: 60_000 }, () => {
  it('lets in one of twelve processes at a time after a stale lock, and loses no update', async () => {
    const { path, lockPath } = await openDirectory();
    for (let round = 0; round < 2; round += 1) {
      await rm(join(path, 'x.json'), { force: true });
      await mkdir(lockPath);
      await setAge(lockPath, minute);
      const startAt = Date.now() + 700;
      const workers = Array.from({ length: 12 }, () => startLockWorker(worker, path, { startAt, holdMs: 40 }));
      const codes = await Promise.all(workers.map(async (child) => (await once(child, 'close'))[0]));
      expect(codes).toEqual(Array(12).fill(0));
      const pids: number[] = JSON.parse(await readFile(join(path, 'x.json'), 'utf8'));
      expect(pids.sort()).toEqual(workers.map(({ pid }) => pid).sort());
    }
    expect(await maxInside(path)).toBe(1);
    expect((await readdir(path)).sort()).toEqual(['log', 'x.json']);
  });

  it('is taken over within seconds from a process that was killed', async () => {
    const { path, lockPath, directory } = await openDirectory();
    const holder = startLockWorker(worker, path, { holdMs: 60_000 });
    await entered(holder);
    holder.kill('SIGKILL');
    await once(holder, 'close');
    expect(existsSync(lockPath)).toBe(true);
    const start = performance.now();
    expect(await directory.withLock('x.json', async () => 'done')).toBe('done');
    expect(performance.now() - start).toBeLessThan(9_000);
    expect(existsSync(lockPath)).toBe(false);
  });

  it('stays with a live process that holds it longer than the stale limit', async () => {
    const { path } = await openDirectory();
    const holder = startLockWorker(worker, path, { holdMs: 5_000 });
    await entered(holder);
    const last = startLockWorker(worker, path);
    await once(last, 'close');
    expect(await maxInside(path)).toBe(1);
    expect(JSON.parse(await readFile(join(path, 'x.json'), 'utf8'))).toEqual([holder.pid, last.pid]);
  });

  it('is not removed by a process that was suspended while another process took it over', async () => {
    const { path, lockPath, directory } = await openDirectory();
    const suspended = startLockWorker(worker, path, { holdMs: 3_000 });
    await entered(suspended);
    suspended.kill('SIGSTOP');
    await directory.withLock('x.json', async () => {
      const closed = once(suspended, 'close');
      suspended.kill('SIGCONT');
      const [code] = await closed;
      expect(code, 'the suspended process reports that it lost the lock').toBe(1);
      expect(existsSync(lockPath)).toBe(true);
    });
  });

  it('replaces a symbolic link at its path without changing the target', async () => {
    const { path, lockPath, directory } = await openDirectory();
    const target = join(path, 'target');
    await mkdir(target);
    await setAge(target, minute);
    await symlink(target, lockPath);
    expect(await directory.withLock('x.json', async () => existsSync(target))).toBe(true);
    expect(existsSync(target)).toBe(true);
  });

  it('replaces a lock file from an earlier version', async () => {
    const { lockPath, directory } = await openDirectory();
    await writeFile(lockPath, '');
    await setAge(lockPath, minute);
    expect(await directory.withLock('x.json', async () => 'done')).toBe('done');
  });

  it('reports that another tokens process does not release it', async () => {
    const { lockPath, directory } = await openDirectory();
    await mkdir(lockPath);
    await setAge(lockPath, -minute);
    await expect(directory.withLock('x.json', async () => 'done')).rejects.toMatchObject({
      message: expect.stringMatching(/^Another tokens process is changing .*x\.json\. Try again .* delete .*\.lock\.$/),
      exitCode: 1,
    });
  });

  it('stops a waiting process on Ctrl-C', async () => {
    const cancel = new AbortController();
    const { lockPath, directory } = await openDirectory(cancel.signal);
    await mkdir(lockPath);
    const waiting = directory.withLock('x.json', async () => 'done');
    cancel.abort();
    await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
});
