import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import type { Engine, Row } from '../engine/engine.ts';
import { openSqlite } from '../engine/sqlite.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { type BackupFacts, inspectBackup } from './backup.ts';

export interface LostToken {
  prefix: string;
  name: string;
  owner: string;
  revokedAt: number;
}

export interface Restored extends BackupFacts {
  /** Where the database that was there before is now; null: there was none. */
  setAside: string | null;
  /** Tokens in the backup that were revoked after it was made: they stay revoked. Null: the old database cannot be read. */
  revokedSince: LostToken[] | null;
  /** E-mails of members who were disabled, or lost the permission, after the backup was made: that is kept, too. */
  blockedSince: string[];
}

/**
 * Puts a backup in the place of a SQLite database that nobody serves. What was revoked, disabled or blocked after the
 * backup was made stays so, if the database that is replaced can still be read; every session ends.
 * @throws BackupError for a file that is damaged or none of ours; then nothing was changed
 */
export async function restore(databasePath: string, file: string, suffix: string): Promise<Restored> {
  const facts = await inspectBackup(file);
  const fresh = `${databasePath}.restoring`;
  await removeDatabase(fresh);
  await copyFile(file, fresh);
  await chmod(fresh, 0o600);
  const engine = await openSqlite(`sqlite:${fresh}`);
  let since: Pick<Restored, 'revokedSince' | 'blockedSince'>;
  try {
    await migrate(engine, migrations);
    since = await carryOver(engine, databasePath);
    for (const table of ['sessions', 'tickets', 'device_codes']) await engine.knex(table).delete();
  } finally {
    await engine.close();
  }
  const setAside = isThere(databasePath) ? `${databasePath}.${suffix}` : null;
  if (setAside !== null) {
    for (const part of ['-wal', '-shm', '']) {
      if (existsSync(databasePath + part)) await rename(databasePath + part, setAside + part);
    }
  }
  await rename(fresh, databasePath);
  return { ...facts, setAside, ...since };
}

async function carryOver(
  restored: Engine,
  currentPath: string,
): Promise<Pick<Restored, 'revokedSince' | 'blockedSince'>> {
  if (!isThere(currentPath)) return { revokedSince: null, blockedSince: [] };
  const current = await openSqlite(`sqlite:${currentPath}`).catch(() => null);
  if (current === null) return { revokedSince: null, blockedSince: [] };
  try {
    const revokedSince = await carryRevocations(restored, current);
    return { revokedSince, blockedSince: await carryBlocks(restored, current) };
  } catch {
    // Damaged, or not ours: the reason to restore.
    return { revokedSince: null, blockedSince: [] };
  } finally {
    await current.close();
  }
}

async function carryRevocations(restored: Engine, current: Engine): Promise<LostToken[]> {
  const lost: LostToken[] = [];
  const emails = new Map((await restored.knex('users').select('id', 'email')).map(({ id, email }) => [id, email]));
  for (const tombstone of await current.knex('tombstones').orderBy('revoked_at')) {
    const inBackup = await restored.knex('tokens').where({ hash: tombstone.hash }).first('owner_id', 'last_used_at');
    if (inBackup === undefined) continue;
    await restored.knex.transaction(async (trx) => {
      await trx('tokens').where({ hash: tombstone.hash }).delete();
      await trx('tombstones').insert(tombstone).onConflict('hash').ignore();
    });
    const { prefix, name, owner_id, revoked_at } = tombstone;
    lost.push({ prefix, name, owner: emails.get(owner_id) ?? owner_id, revokedAt: Number(revoked_at) });
  }
  return lost;
}

async function carryBlocks(restored: Engine, current: Engine): Promise<string[]> {
  const blocked: string[] = [];
  const now = await current.knex('users').where({ disabled: true }).orWhere({ can_manage_tokens: false });
  for (const { id, disabled, can_manage_tokens } of now as Row[]) {
    const [member] = await restored.knex('users').where({ id: id as string });
    if (member === undefined) continue;
    const change = {
      disabled: member.disabled || disabled,
      can_manage_tokens: member.can_manage_tokens && can_manage_tokens,
    };
    const same =
      Boolean(change.disabled) === Boolean(member.disabled) &&
      Boolean(change.can_manage_tokens) === Boolean(member.can_manage_tokens);
    if (same) continue;
    await restored
      .knex('users')
      .where({ id: id as string })
      .update(change);
    blocked.push(member.email);
  }
  return blocked;
}

/** An empty file is what opening a database that is not there leaves. */
function isThere(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

async function removeDatabase(path: string): Promise<void> {
  for (const part of ['', '-wal', '-shm']) await rm(path + part, { force: true });
}
