import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { type IssuedToken, openWorld, type World } from '../../helpers/restore/world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const saysSo = 'Every token of the backup that the replaced database did not have counts as revoked.';

/** Deletes all events that were recorded until now, as TOKENSD_KEEP_AUDIT does, and the tombstones, as happens after 90 days. */
async function forget(): Promise<void> {
  // Later events get a later time.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await world.serve(async ({ store }) => {
    while ((await store.audit.assignPositions(500)) > 0);
    while ((await store.audit.purge({ before: Date.now(), limit: 500 })) > 0);
  });
  const engine = await openSqlite(`sqlite:${world.path}`);
  await engine.knex('tombstones').delete();
  await engine.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const createTwo = () =>
  world.serve(async ({ create }): Promise<[IssuedToken, IssuedToken]> => [await create('kept'), await create('gone')]);

it('keeps tokens revoked whose revocation nobody remembers, and says so', async () => {
  const [kept, gone] = await createTwo();
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  await forget();
  await world.serve(({ create }) => create('later'));
  const { code, stderr } = await world.tokensdRestore(backup);
  expect(code).toBe(0);
  expect(stderr).toContain(saysSo);
  expect(stderr).toContain('TOKENSD_KEEP_AUDIT');
  expect(stderr).toMatch(/stay revoked:\n {2}tok_\w+ {2}gone {2}dev@example.com {2}at an unknown time/);
  expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'unknown']);
});

it('says nothing about deleted events if the backup is newer than these', async () => {
  const [kept, gone] = await createTwo();
  await forget();
  await world.serve(({ create }) => create('remembered'));
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  const { code, stderr } = await world.tokensdRestore(backup);
  expect(code).toBe(0);
  expect(stderr).not.toContain(saysSo);
  expect(stderr).toMatch(/stay revoked:\n {2}tok_\w+ {2}gone {2}dev@example.com {2}2/);
  expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
});

it('keeps them revoked if the backup has no events left either', async () => {
  const [kept, gone] = await createTwo();
  await forget();
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  await forget();
  const { code, stderr } = await world.tokensdRestore(backup);
  expect([code, stderr]).toEqual([0, expect.stringContaining(saysSo)]);
  expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'unknown']);
});

it('asks if the database belongs to another organization, although that deletes events too', async () => {
  await forget();
  await world.serve(({ create }) => create('of-another'));
  await forget();
  const other = await openWorld();
  try {
    const [token] = await other.serve(async ({ create }) => [await create('ours')]);
    const backup = join(world.directory, 'other.db');
    await copyFile(await other.backup('backup.db'), backup);
    await world.serve(({ create }) => create('of-another-too'));
    await forget();
    const { code, stderr } = await world.tokensdRestore(backup);
    expect(code).toBe(2);
    expect(stderr).toContain('it belongs to another installation or comes from an earlier copy');
    expect(stderr).not.toContain(saysSo);
    expect(token).toBeDefined();
  } finally {
    await other.close();
  }
});

it('asks if an older backup was restored since and the database before it is gone, and revives no token even then', async () => {
  const older = await world.backup('older.db');
  const [kept, gone] = await createTwo();
  const backup = await world.backup('backup.db');
  const restored = await world.restore(older);
  for (const part of ['', '-wal', '-shm']) await rm(`${restored.setAside}${part}`, { force: true });
  await world.serve(({ create }) => create('since'));
  await forget();
  expect(await world.tokensdRestore(backup)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Nobody knows what was revoked after this backup'),
  });
  const { stderr } = await world.tokensdRestore(backup, '--without-history');
  expect(stderr).toContain(saysSo);
  expect(await world.verdicts(kept, gone)).toEqual(['unknown', 'unknown']);
});

it('follows the databases that were set aside, as with events', async () => {
  const older = await world.backup('older.db');
  const [kept, gone] = await createTwo();
  const backup = await world.backup('backup.db');
  await world.serve(({ revoke }) => revoke(gone));
  await world.restore(older);
  await forget();
  const { code, stderr } = await world.tokensdRestore(backup);
  expect(code).toBe(0);
  expect(stderr).toContain('gone');
  expect(await world.verdicts(kept, gone)).toEqual(['allowed', 'revoked']);
});
