import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../../../server/store/maintenance/restore/swap.ts';
import { checkDatabase, lockForDaemon, openStore } from '../../../server/store/open.ts';
import { openWorld, type World } from '../../helpers/restore/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const operations = ['link', 'rename', 'remove', 'sync'] as const;

/**
 * Returns a disk on which everything from operation number `from` on fails, as after a kill. With `once`, only that one
 * fails, as with a bad disk. Records the operations that succeeded.
 */
function failingDisk(from: number, once = false): Disk & { done: string[] } {
  const done: string[] = [];
  let count = 0;
  const wrap =
    <A extends string[]>(name: string, real: (...paths: A) => Promise<void>) =>
    async (...paths: A) => {
      count += 1;
      if (once ? count === from : count >= from)
        throw Object.assign(new Error(`EIO: i/o error, ${name}`), { code: 'EIO', syscall: name });
      await real(...paths);
      done.push(`${name} ${paths.map((path) => path.slice(world.directory.length + 1)).join(' ')}`);
    };
  const [link, rename, remove, sync] = operations.map((name) => wrap(name, realDisk[name] as never));
  return { link, rename, remove, sync, done } as never;
}

async function oneRevoked() {
  const [kept, gone] = await world.serve(async ({ create }) => [await create('kept'), await create('gone')] as const);
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  return { kept, gone, backup };
}

const setAside = async () =>
  (await readdir(world.directory)).filter((name) => /\.before-restore-.*Z$/.test(name)).sort();
const isInterrupted = async () => (await readdir(world.directory)).includes('tokens.db.restoring');
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => '',
    (error: Error) => error.message,
  );

/** Checks that nothing uses the database, and that everything names the command that undoes the restore. */
async function expectRefused() {
  const url = `sqlite:${world.path}`;
  const lock = await lockForDaemon(url);
  const [check] = await checkDatabase(url, Date.now);
  const messages = [
    await failureOf(openStore(url)),
    await failureOf(world.backup(`never-${Math.random()}.db`)),
    check?.ok === false ? check.detail : '',
  ];
  await lock.release();
  for (const message of messages) expect(message).toMatch(/was interrupted.*undo it with: tokensd restore --undo$/);
}

/** Restores on disks that stop after 0, 1, 2, … operations, until a restore is complete. */
async function stopEverywhere(restore: (disk: Disk) => Promise<unknown>, check: (done: string[]) => Promise<void>) {
  for (let from = 1; ; from += 1) {
    const disk = failingDisk(from);
    const failed = (await failureOf(restore(disk))) !== '';
    if (!failed) return from - 1;
    await check(disk.done);
  }
}

describe('a restore that was killed', () => {
  it('at any step can be undone, and the database is as before', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const steps = await stopEverywhere(
      (disk) => world.restore(backup, { disk }),
      async () => {
        if (await isInterrupted()) {
          await expectRefused();
          const undone = await world.tokensdRestore(undefined, '--undo');
          const stderr = `The interrupted restore was undone. ${world.path} is the database from before it.\n`;
          expect(undone).toEqual({ code: 0, stdout: '', stderr });
          expect(await setAside()).toEqual([]);
          expect(await world.tokensdRestore(undefined, '--undo')).toMatchObject({
            stderr: 'No restore was interrupted.\n',
          });
        }
        expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
      },
    );
    expect(steps).toBe(6);
  });

  it('at any step can be repeated, and says nothing that is false', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await stopEverywhere(
      (disk) => world.restore(backup, { disk }),
      async () => {
        const interrupted = await isInterrupted();
        const { code, stderr } = await world.tokensdRestore(backup);
        expect(code).toBe(0);
        expect(stderr.includes('An earlier restore had been interrupted and was undone first.')).toBe(interrupted);
        expect(stderr).toContain('  gone  dev@example.com  ');
        expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
      },
    );
  });

  it('while it was undone can be undone again', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const interrupt = () => failureOf(world.restore(backup, { disk: failingDisk(6) }));
    await interrupt();
    await stopEverywhere(
      (disk) => world.restore(`${backup}`, { disk }),
      async () => {
        expect(await world.tokensdRestore(undefined, '--undo')).toMatchObject({ code: 0 });
        expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
        await interrupt();
      },
    );
  });

  it.each(['missing', 'empty'])(
    'keeps the log of a database that is %s, and nothing takes its place',
    async (state) => {
      const { backup } = await oneRevoked();
      await rm(world.path);
      if (state === 'empty') await writeFile(world.path, '');
      await rm(`${world.path}-shm`);
      await writeFile(`${world.path}-wal`, 'a log');
      const steps = await stopEverywhere(
        (disk) => world.restore(backup, { disk, withoutHistory: true }),
        async () => {
          if (!(await isInterrupted())) return;
          await world.tokensdRestore(undefined, '--undo');
          expect(await readFile(`${world.path}-wal`, 'utf8')).toBe('a log');
          expect(await failureOf(openStore(`sqlite:${world.path}`))).toContain('its write-ahead log');
        },
      );
      expect(steps).toBe(6);
      const files = await readdir(world.directory);
      const [log = ''] = files.filter((name) => /\.before-restore-.*Z-wal$/.test(name));
      expect(await readFile(join(world.directory, log), 'utf8')).toBe('a log');
      expect(files.filter((name) => name.startsWith('tokens.db-'))).toEqual([]);
    },
  );

  it('without a database before it leaves none, and says so', async () => {
    const { backup } = await oneRevoked();
    for (const part of ['', '-wal', '-shm']) await rm(world.path + part, { force: true });
    await stopEverywhere(
      (disk) => world.restore(backup, { disk, withoutHistory: true }),
      async () => {
        if (!(await isInterrupted())) return;
        await expectRefused();
        const undone = await world.tokensdRestore(undefined, '--undo');
        expect(undone.stderr).toBe(`The interrupted restore was undone. There is no database at ${world.path}.\n`);
      },
    );
  });

  it('is not finished from one of its own files, which undoing it removes', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await failureOf(world.restore(backup, { disk: failingDisk(3) }));
    const [aside = ''] = await setAside();
    for (const name of ['tokens.db.restoring', aside, 'tokens.db']) {
      const refused = await failureOf(world.tokensdRestore(join(world.directory, name), '--without-history'));
      expect(refused).toContain(`${name} is not a backup`);
      expect(await isInterrupted()).toBe(true);
    }
    expect(await world.tokensdRestore(backup)).toMatchObject({ code: 0 });
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });

  it('is undone before the next one asks, which says so', async () => {
    const { backup } = await oneRevoked();
    for (const part of ['', '-wal', '-shm']) await rm(world.path + part, { force: true });
    await writeFile(`${world.path}.restoring`, 'a part');
    const refused = await world.tokensdRestore(backup);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^An earlier restore had been interrupted and was undone first\.\nNobody knows/);
  });

  it('while it copied the backup is refused and undone in the same way', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await writeFile(`${world.path}.restoring`, (await readFile(backup)).subarray(0, 10_000));
    await expectRefused();
    expect(await world.tokensdRestore(undefined, '--undo')).toMatchObject({ code: 0 });
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });
});

describe('a restore', () => {
  it('writes the copy to the disk before it replaces the database, and the directory afterwards', async () => {
    const { backup } = await oneRevoked();
    const disk = failingDisk(99);
    const { setAside: aside } = await world.restore(backup, { disk });
    const name = aside?.slice(world.directory.length + 1);
    expect(disk.done).toEqual([
      'sync tokens.db.restoring',
      `link tokens.db ${name}`,
      'remove tokens.db-shm',
      'sync ',
      'rename tokens.db.restoring tokens.db',
      'sync ',
    ]);
    expect((await stat(world.path)).mode & 0o777).toBe(0o600);
  });

  it('on a disk with one bad operation changes nothing, or says that it is in place', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const messages: string[] = [];
    for (let number = 1; number <= 6; number += 1) {
      messages.push(await failureOf(world.restore(backup, { disk: failingDisk(number, true) })));
      expect(await isInterrupted()).toBe(false);
      expect((await setAside()).length).toBe(number === 6 ? 1 : 0);
      expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
    }
    const last = messages.pop();
    expect(new Set(messages)).toEqual(
      new Set([
        `The backup was not restored, because files beside ${world.path} cannot be written (EIO). Check the directory, its owner and its free space.`,
      ]),
    );
    expect(last).toContain('The backup was restored, but');
  });

  it('needs either a backup or --undo', async () => {
    for (const attempt of [world.tokensdRestore(), world.tokensdRestore('x.db', '--undo')]) {
      expect(await attempt).toMatchObject({ code: 2, stderr: 'Name either the backup or --undo.' });
    }
  });
});

describe('a missing database beside one that was set aside', () => {
  it('is not created anew, and the command that is named restores the other one after a question', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await world.tokensdRestore(backup);
    for (const part of ['', '-wal', '-shm']) await rm(world.path + part, { force: true });
    const [aside] = await setAside();
    const message = await failureOf(openStore(`sqlite:${world.path}`));
    const time = /before-restore-(.{13})-(..)-(..)-(.*)$/.exec(aside ?? '')?.slice(1) ?? [];
    expect(message).toBe(
      `${world.path} is missing, although a restore has set an earlier database aside. Restore a backup, or restore that database, which knows nothing that was revoked after ${time[0]}:${time[1]}:${time[2]}.${time[3]}, with: tokensd restore ${join(world.directory, aside ?? '')}`,
    );
    const file = message.slice(message.indexOf('tokensd restore ') + 'tokensd restore '.length);
    const refused = await world.tokensdRestore(file);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('Nobody knows what was revoked') });
    expect(await world.tokensdRestore(file, '--without-history')).toMatchObject({ code: 0 });
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });
});
