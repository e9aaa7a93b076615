import { mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlreadyRunning, lockForDaemon, openStore } from '../../../server/store/open.ts';
import { buildSecondProgram, type SecondProgram } from '../../store/second-process.ts';

// Concurrent, because each rejected attempt first waits for the busy timeout.
describe.concurrent("the daemon's lock on a SQLite file", () => {
  let program: SecondProgram;
  const directories: string[] = [];
  beforeAll(async () => {
    program = await buildSecondProgram();
  });
  afterAll(async () => {
    await program.remove();
    for (const directory of directories) await rm(directory, { recursive: true });
  });

  async function newPlace() {
    const directory = await mkdtemp(join(tmpdir(), 'tokens-lock-'));
    directories.push(directory);
    return { directory, url: `sqlite:${join(directory, 'tokens.db')}` };
  }

  it('rejects a second process, naming the file, until the first is gone', async () => {
    const { directory, url } = await newPlace();
    const lock = await lockForDaemon(url);
    const refused = await program.start('lock', url);
    expect(refused.firstLine).toContain('AlreadyRunning');
    expect(refused.firstLine).toContain(join(directory, 'tokens.db.lock'));

    await lock.release();
    const next = await program.start('lock', url);
    expect(next.firstLine).toBe('locked');
    await next.kill();
  });

  it('is released by the operating system when its holder is killed', async () => {
    const { url } = await newPlace();
    const first = await program.start('lock', url);
    expect(first.firstLine).toBe('locked');
    await expect(lockForDaemon(url)).rejects.toThrow(AlreadyRunning);
    await first.kill();
    await (await lockForDaemon(url)).release();
  });

  it('is still held after a second attempt in the same process', async () => {
    const { url } = await newPlace();
    const lock = await lockForDaemon(url);
    await expect(lockForDaemon(url)).rejects.toThrow(AlreadyRunning);
    expect((await program.start('lock', url)).firstLine).toContain('AlreadyRunning');
    await lock.release();
  });

  it('is the same under every name of the file', async () => {
    const { directory, url } = await newPlace();
    await symlink(directory, `${directory}-link`);
    await symlink(join(directory, 'tokens.db'), join(directory, 'other.db'));
    const lock = await lockForDaemon(url);
    const names = [`${directory}-link/tokens.db`, join(directory, 'other.db'), `${directory}/./x/../tokens.db`];
    const attempts = await Promise.allSettled(names.map((name) => lockForDaemon(`sqlite:${name}`)));
    const refused = { status: 'rejected', reason: expect.any(AlreadyRunning) };
    expect(attempts).toEqual([refused, refused, refused]);
    await lock.release();
    await rm(`${directory}-link`);
  });

  it('lets other processes open, migrate and write the store', async () => {
    const { url } = await newPlace();
    const lock = await lockForDaemon(url);
    const init = await program.start('migrate', url);
    expect(JSON.parse(init.firstLine)).toContain('0001-initial');
    expect(await init.exited).toBe(0);
    const store = await openStore(url);
    expect(await store.users.isEmpty()).toBe(true);
    await store.close();
    await lock.release();
  });

  it('is a file that only its owner can read', async () => {
    const { directory, url } = await newPlace();
    const lock = await lockForDaemon(url);
    expect((await stat(join(directory, 'tokens.db.lock'))).mode & 0o777).toBe(0o600);
    await lock.release();
  });
});
