import { copyFile, mkdir, open, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { realDisk } from '../../../server/store/maintenance/restore/swap.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { migrate } from '../../../server/store/migrations/migrate.ts';
import { openWorld, type World } from '../../helpers/restore/world.ts';

const nobodyKnows = 'Nobody knows what was revoked after this backup';
const noneRevoked = 'No token of the backup was revoked after it was made.';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

/** Runs SQL on the database while no daemon runs. */
async function change(path: string, ...statements: string[]): Promise<void> {
  const engine = await openSqlite(`sqlite:${path}`);
  for (const sql of statements) await engine.knex.raw(sql);
  await engine.close();
}

async function loseDatabase(): Promise<void> {
  for (const part of ['', '-wal', '-shm']) await rm(world.path + part, { force: true });
}

/** Returns the databases that restores have set aside, oldest first. */
async function setAside(): Promise<string[]> {
  const names = await readdir(world.directory);
  return names
    .filter((name) => name.includes('.before-restore-'))
    .sort()
    .map((name) => join(world.directory, name));
}

/** Two tokens; one is revoked after the backup. */
async function oneRevoked() {
  const [kept, gone] = await world.serve(async ({ create }) => [await create('kept'), await create('gone')] as const);
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  return { kept, gone, backup };
}

describe('a restore over a database that continues from the backup', () => {
  it('keeps revocations since the backup, and says that there were none only if that is true', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const first = await world.tokensdRestore(backup);
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/stay revoked:\n {2}tok_\w+ {2}gone {2}dev@/),
    });
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
    const later = await world.backup('later.db');
    const second = await world.tokensdRestore(later);
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining(noneRevoked) });
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });

  it('keeps it in every later restore of the same backup, and claims no wrong time', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await world.tokensdRestore(backup);
    await change(world.path, 'DELETE FROM tombstones');
    const again = await world.tokensdRestore(backup);
    expect(again.stderr).toContain('gone  dev@example.com  at an unknown time');
    expect(again.stderr).not.toContain(noneRevoked);
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'unknown']);
  });

  it('does not report a token whose name was used again after it had expired as revoked', async () => {
    const expired = await world.serve(({ create }) => create('nightly'));
    await change(world.path, "UPDATE tokens SET expires_at = 1 WHERE name = 'nightly'");
    const backup = await world.backup('backup.db');
    const successor = await world.serve(({ create }) => create('nightly'));
    expect((await world.tokensdRestore(backup)).stderr).toContain(noneRevoked);
    expect(await world.verdicts(expired, successor)).toEqual(['expired', 'unknown']);
  });

  it('is recorded in the audit log', async () => {
    const { backup } = await oneRevoked();
    await world.tokensdRestore(backup);
    const [newest] = await world.serve(({ store }) => store.audit.list({ limit: 1, before: null }));
    expect(newest).toMatchObject({
      action: 'database.restored',
      actor: { kind: 'system' },
      target: { kind: 'database' },
    });
    expect(newest?.target.name).toMatch(/^backup of 20\d\d-.*Z$/);
  });

  it('replaces the file that a symbolic link leads to', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const real = join(world.directory, 'elsewhere.db');
    await rename(world.path, real);
    for (const part of ['-wal', '-shm']) await rm(world.path + part, { force: true });
    await symlink(real, world.path);
    expect(await world.tokensdRestore(backup)).toMatchObject({ code: 0 });
    expect((await setAside()).every((path) => path.startsWith(real))).toBe(true);
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });
});

describe('a restore over a database that does not continue from the backup', () => {
  /** Checks that the restore is refused and changes nothing, and restores without history. */
  async function refusedThenForced(backup: string, cause: string) {
    const before = (await readdir(world.directory)).filter((name) => !/-(wal|shm)$|\.lock$/.test(name));
    const refused = await world.tokensdRestore(backup);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(nobodyKnows);
    expect(refused.stderr).toContain(cause);
    expect(refused.stderr).toContain('Add --without-history.');
    const after = (await readdir(world.directory)).filter((name) => !/-(wal|shm)$|\.lock$/.test(name));
    expect(after).toEqual(before);
    const forced = await world.tokensdRestore(backup, '--without-history');
    expect(forced).toMatchObject({ code: 0, stderr: expect.stringContaining('Nobody knows what else was revoked') });
    expect(forced.stderr).not.toContain(noneRevoked);
    expect(forced.stderr).not.toContain('are those from before the restore');
    return forced;
  }

  it('is refused if the database is lost', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await loseDatabase();
    await refusedThenForced(backup, `there is no database at ${world.path}`);
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'allowed']);
  });

  it('is refused if the database was lost and a daemon has made an empty one', async () => {
    const { backup } = await oneRevoked();
    await loseDatabase();
    await world.serve(async () => {});
    await refusedThenForced(backup, 'belongs to another installation or comes from an earlier copy');
  });

  it('is refused if the file is empty or damaged', async () => {
    const { backup } = await oneRevoked();
    await writeFile(world.path, '');
    expect((await world.tokensdRestore(backup)).stderr).toContain(`there is no database at ${world.path}`);
    await writeFile(world.path, 'This is a letter, not a database. '.repeat(200));
    await refusedThenForced(backup, `${world.path} is damaged or cannot be read`);
  });

  it('is refused if an index is damaged, which would make every token look revoked', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const engine = await openSqlite(`sqlite:${world.path}`);
    const index = await engine
      .knex('sqlite_schema')
      .where({ type: 'index', tbl_name: 'tokens' })
      .whereLike('name', '%hash%');
    await engine.close();
    expect(index).toHaveLength(1);
    const file = await open(world.path, 'r+');
    // The page of an index without entries.
    const page = Buffer.concat([Buffer.from([10, 0, 0, 0, 0, 16, 0, 0]), Buffer.alloc(4088)]);
    await file.write(page, 0, page.length, (index[0].rootpage - 1) * page.length);
    await file.close();
    await refusedThenForced(backup, `${world.path} is damaged or cannot be read`);
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'allowed']);
  });

  it('takes nothing from the database of another installation', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const other = await openWorld();
    await copyFile(backup, join(other.directory, 'backup.db'));
    const mine = world;
    world = other;
    try {
      await refusedThenForced(join(other.directory, 'backup.db'), 'another installation');
      expect(await other.verdicts(kept, gone)).toEqual(['allowed', 'allowed']);
    } finally {
      world = mine;
      await other.close();
    }
  });

  it('keeps the newer password if an older copy of the database was put in place', async () => {
    const { dev } = world;
    const older = join(world.directory, 'older.db');
    await world.backup('older.db');
    const later = await world.serve(async ({ create, setPasswordHash }) => {
      await setPasswordHash(dev.id, 'changed after a leak');
      return create('later');
    });
    const backup = await world.backup('backup.db');
    await loseDatabase();
    await copyFile(older, world.path);
    await refusedThenForced(backup, 'comes from an earlier copy');
    expect(await world.verdicts(later)).toEqual(['allowed']);
    const user = await world.serve(({ store }) => store.users.findById(dev.id));
    expect(user?.passwordHash).toBe('changed after a leak');
  });

  it('keeps a password and a restriction that are newer than the backup', async () => {
    const { dev } = world;
    const older = join(world.directory, 'older.db');
    await world.backup('older.db');
    await world.serve(({ create }) => create('later'));
    const backup = await world.backup('backup.db');
    await loseDatabase();
    await copyFile(older, world.path);
    await world.serve(async ({ store, setPasswordHash }) => {
      await setPasswordHash(dev.id, 'newer');
      await store.users.setCanManageTokens(dev.id, false);
    });
    const { stderr } = await refusedThenForced(backup, 'comes from an earlier copy');
    expect(stderr).toContain('as before the restore: dev@example.com');
    const user = await world.serve(({ store }) => store.users.findById(dev.id));
    expect(user).toMatchObject({ passwordHash: 'newer', canManageTokens: false });
  });
});

describe('a restore after one without history', () => {
  it('of the same backup or an older one still says that nobody knows, but not of a newer one', async () => {
    const older = await world.backup('older.db');
    const { kept, gone, backup } = await oneRevoked();
    await loseDatabase();
    expect(await world.tokensdRestore(backup, '--without-history')).toMatchObject({ code: 0 });
    const late = await world.serve(({ create }) => create('late'));
    const newer = await world.backup('newer.db');
    for (const file of [backup, older]) {
      const refused = await world.tokensdRestore(file);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(nobodyKnows) });
      expect(refused.stderr).toContain('was restored without history after this one was made');
      expect(refused.stderr).not.toContain(noneRevoked);
    }
    expect(await world.tokensdRestore(newer)).toMatchObject({ code: 0, stderr: expect.stringContaining(noneRevoked) });
    expect(await world.verdicts(kept, gone, late)).toEqual(['allowed', 'allowed', 'allowed']);
    expect(await world.tokensdRestore(backup)).toMatchObject({ code: 2 });
  });

  it('says so through a database that was set aside, and keeps revocations that were repeated', async () => {
    const { kept, gone, backup } = await oneRevoked();
    await loseDatabase();
    await world.tokensdRestore(backup, '--without-history');
    const b2 = await world.backup('b2.db');
    await world.serve(({ revoke }) => revoke(gone));
    await world.tokensdRestore(b2);
    expect(await world.tokensdRestore(backup)).toMatchObject({ code: 2 });
    const forced = await world.tokensdRestore(backup, '--without-history');
    expect(forced.stderr).toContain('  gone  dev@example.com  ');
    expect(forced.stderr).toContain('Nobody knows what else was revoked');
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });
});

describe('a restore after another one', () => {
  /** Two backups with a token each, and a revocation after the second. */
  async function twoBackups() {
    const [t1, r1] = await world.serve(async ({ create }) => [await create('t1'), await create('r1')] as const);
    const b1 = await world.backup('b1.db');
    const [t2, r2] = await world.serve(async ({ create }) => [await create('t2'), await create('r2')] as const);
    const b2 = await world.backup('b2.db');
    await world.serve(async ({ revoke }) => {
      await revoke(r1);
      await revoke(r2);
    });
    return { b1, b2, t1, t2, r1, r2 };
  }

  it('of the wrong backup brings back nothing that was revoked, and loses no token', async () => {
    const { b1, b2, t1, t2, r1, r2 } = await twoBackups();
    expect(await world.tokensdRestore(b1)).toMatchObject({ code: 0 });
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['allowed', 'revoked', 'unknown', 'unknown']);
    const second = await world.tokensdRestore(b2);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stderr).toMatch(/ {2}r1 {2}dev@example\.com {2}20.*\n.* {2}r2 {2}dev@example\.com {2}20/);
    expect(second.stderr).not.toContain('  t2  ');
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['allowed', 'revoked', 'allowed', 'revoked']);
  });

  it('knows what happened in between, through any number of restores', async () => {
    const { b1, b2, t1, t2, r1, r2 } = await twoBackups();
    await world.tokensdRestore(b1);
    const { dev } = world;
    await world.serve(async ({ revoke, setPasswordHash }) => {
      await revoke(t1);
      await setPasswordHash(dev.id, 'changed in between');
    });
    await world.tokensdRestore(b1);
    await world.serve(({ create }) => create('another'));
    await world.tokensdRestore(b1);
    expect(await world.tokensdRestore(b2)).toMatchObject({ code: 0 });
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['revoked', 'revoked', 'allowed', 'revoked']);
    const user = await world.serve(({ store }) => store.users.findById(dev.id));
    expect(user?.passwordHash).toBe('changed in between');
  });

  it('is refused if the database that knows was removed', async () => {
    const { b1, b2, t1, r1, t2, r2 } = await twoBackups();
    await world.tokensdRestore(b1);
    for (const path of await setAside()) await rm(path);
    const refused = await world.tokensdRestore(b2);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(nobodyKnows) });
    expect(await world.tokensdRestore(b2, '--without-history')).toMatchObject({ code: 0 });
    // The present database still knows that r1 was revoked, and nobody knows about r2.
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['allowed', 'revoked', 'allowed', 'allowed']);
  });

  it('names databases that were set aside and are damaged', async () => {
    const { b1, b2 } = await twoBackups();
    await world.tokensdRestore(b1);
    const [aside = ''] = await setAside();
    await writeFile(aside, 'This is a letter, not a database. '.repeat(200));
    const forced = await world.tokensdRestore(b2, '--without-history');
    expect(forced).toMatchObject({ code: 0, stderr: expect.stringContaining(`nothing is known from them: ${aside}`) });
  });

  it('uses a database that was set aside even if the present one is lost', async () => {
    const { b1, b2, t1, r1, t2, r2 } = await twoBackups();
    await world.tokensdRestore(b1);
    await loseDatabase();
    expect(await world.tokensdRestore(b2)).toMatchObject({ code: 2 });
    expect(await world.tokensdRestore(b2, '--without-history')).toMatchObject({ code: 0 });
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['allowed', 'revoked', 'allowed', 'revoked']);
  });

  it('keeps clients that were registered in between, and deletes those that were deleted', async () => {
    const client = (id: string) => ({
      id,
      clientId: `client_${id}`,
      name: id,
      nameFolded: id,
      secretHash: `secret of ${id}`,
      canRevoke: false,
      canReport: false,
      createdAt: 1,
    });
    const b1 = await world.backup('b1.db');
    await world.serve(async ({ store, create }) => {
      for (const id of ['kept', 'gone']) await store.clients.insert(client(id));
      await create('marker');
    });
    const b2 = await world.backup('b2.db');
    await world.serve(({ store }) => store.clients.delete('gone'));
    await world.tokensdRestore(b1);
    await world.tokensdRestore(b2);
    const clients = await world.serve(({ store }) => store.clients.list({ limit: 9, before: null }));
    expect(clients.map(({ name }) => name)).toEqual(['kept']);
  });

  it('of the database that a restore has set aside keeps revocations since then', async () => {
    const { b1, t1, t2, r1, r2 } = await twoBackups();
    await world.tokensdRestore(b1);
    await world.serve(({ revoke }) => revoke(t1));
    const [first = ''] = await setAside();
    expect(await world.tokensdRestore(first)).toMatchObject({ code: 0 });
    expect(await world.verdicts(t1, r1, t2, r2)).toEqual(['revoked', 'revoked', 'allowed', 'revoked']);
  });

  it('deletes a member again whom only a database that was set aside knows', async () => {
    const b1 = await world.backup('b1.db');
    const late = await world.serve(({ addMember }) => addMember('late@example.com'));
    const b2 = await world.backup('b2.db');
    await world.serve(async ({ services, store }) => {
      const user = await store.users.findByEmail('root@example.com');
      if (user === null) throw new Error('No root');
      await services.users.delete(
        { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'cli' },
        late.id,
      );
    });
    await world.tokensdRestore(b1);
    expect((await world.tokensdRestore(b2)).stderr).toContain('Deleted again, as before the restore: late@example.com');
  });
});

describe('a backup that cannot be restored', () => {
  it('of a newer release is refused, and leaves nothing behind', async () => {
    const { kept, gone } = await oneRevoked();
    const backup = await world.backup('newer.db');
    const engine = await openSqlite(`sqlite:${backup}`);
    await migrate(engine, [...migrations, { name: '9999-later', up: async () => {} }]);
    await engine.close();
    await expect(world.restore(backup)).rejects.toThrow('A newer tokensd migrated this database');
    expect((await readdir(world.directory)).filter((name) => name.includes('restor'))).toEqual([]);
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
  });

  it('because a part of it is in a log beside it is refused', async () => {
    const { backup } = await oneRevoked();
    await writeFile(`${backup}-wal`, 'a log');
    await symlink(backup, join(world.directory, 'link.db'));
    for (const file of [backup, join(world.directory, 'link.db')])
      await expect(world.restore(file)).rejects.toThrow('is not a complete backup');
  });

  it('because the database cannot be read at the moment is refused, even without history', async () => {
    const { backup } = await oneRevoked();
    await rm(`${world.path}-wal`, { force: true });
    await mkdir(`${world.path}-wal`);
    await expect(world.tokensdRestore(backup, '--without-history')).rejects.toThrow(
      `${world.path} cannot be read now (SQLITE_CANTOPEN)`,
    );
    expect(await setAside()).toEqual([]);
  });

  it('because files cannot be written beside the database leaves it unchanged', async () => {
    const { kept, gone, backup } = await oneRevoked();
    const error = Object.assign(new Error('EROFS: read-only file system, link'), { code: 'EROFS', syscall: 'link' });
    const disk = { ...realDisk, link: () => Promise.reject(error) };
    await expect(world.restore(backup, { disk })).rejects.toThrow(
      `The backup was not restored, because files beside ${world.path} cannot be written (EROFS).`,
    );
    expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
    expect(await setAside()).toEqual([]);
  });
});

describe('a backup', () => {
  it('names the time of the event that was recorded last, even if a clock was wrong before', async () => {
    await oneRevoked();
    await change(world.path, 'UPDATE audit SET at = at + 99999999 WHERE rowid = (SELECT min(rowid) FROM audit)');
    const [newest] = await world.serve(({ store }) => store.audit.list({ limit: 1, before: null }));
    const summary = await backUp(world.path, join(world.directory, 'clock.db'));
    expect([summary.newestEventId, summary.newestEventAt]).toEqual([newest?.id, newest?.at]);
  });

  it('made while a migration runs contains none of it, and does not wait for it', async () => {
    const { kept } = await oneRevoked();
    const engine = await openSqlite(`sqlite:${world.path}`);
    const backup = await engine.migrationTransaction(async (trx) => {
      await trx.raw('CREATE TABLE unfinished (id text)');
      await trx('tokens').delete();
      return world.backup('during.db');
    });
    await engine.knex.raw('DROP TABLE unfinished');
    await engine.close();
    const copy = await openSqlite(`sqlite:${backup}`);
    expect(await copy.knex('sqlite_schema').where({ name: 'unfinished' })).toEqual([]);
    expect(await copy.knex('tokens').pluck('id')).toEqual([kept.id]);
    await copy.close();
  });

  it('is refused while a restore is unfinished, because the log may have moved', async () => {
    await writeFile(`${world.path}.restoring`, '');
    await expect(world.backup('never.db')).rejects.toThrow('tokensd restore --undo');
  });
});
