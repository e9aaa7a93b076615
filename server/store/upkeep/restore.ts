import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import type { Engine, Row } from '../engine/engine.ts';
import { openSqlite } from '../engine/sqlite.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { type BackupFacts, inspectBackup } from './backup.ts';
import { batchesOf } from './table-digest.ts';

export interface LostToken {
  prefix: string;
  name: string;
  owner: string;
  /** Null: so long ago that nobody remembers. */
  revokedAt: number | null;
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
  const current = await readCurrent(databasePath);
  const since: Pick<Restored, 'revokedSince' | 'blockedSince'> = { revokedSince: null, blockedSince: [] };
  try {
    await migrate(engine, migrations);
    if (current !== null) {
      since.revokedSince = await carryRevocations(engine, current);
      since.blockedSince = await carryBlocks(engine, current);
    }
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

/** What the database that is replaced says of now. */
interface Current {
  hashes: Set<string>;
  tombstones: Map<string, Row>;
  users: Map<string, { disabled: boolean; canManageTokens: boolean }>;
}

/** Null if there is none, or it is damaged, or not ours: reasons to restore. */
async function readCurrent(path: string): Promise<Current | null> {
  if (!isThere(path)) return null;
  const engine = await openSqlite(`sqlite:${path}`).catch(() => null);
  if (engine === null) return null;
  try {
    const { knex } = engine;
    const tombstones: Row[] = await knex('tombstones');
    const users: Row[] = await knex('users').select('id', 'disabled', 'can_manage_tokens');
    return {
      hashes: new Set(await knex('tokens').pluck('hash')),
      tombstones: new Map(tombstones.map((row) => [String(row.hash), row])),
      users: new Map(
        users.map((row) => [
          String(row.id),
          { disabled: Boolean(row.disabled), canManageTokens: Boolean(row.can_manage_tokens) },
        ]),
      ),
    };
  } catch {
    return null;
  } finally {
    await engine.close();
  }
}

/** A token that its owner has no more was revoked, even if so long ago that its tombstone is gone. */
async function carryRevocations({ knex }: Engine, current: Current): Promise<LostToken[]> {
  const lost: LostToken[] = [];
  for await (const tokens of batchesOf(knex, { name: 'tokens', key: ['id'] })) {
    for (const { hash, owner_id, prefix, name } of tokens as Array<Record<string, string>>) {
      if (hash === undefined || current.hashes.has(hash) || !current.users.has(owner_id ?? '')) continue;
      const tombstone = current.tombstones.get(hash);
      await knex.transaction(async (trx) => {
        await trx('tokens').where({ hash }).delete();
        if (tombstone !== undefined) await trx('tombstones').insert(tombstone).onConflict('hash').ignore();
      });
      const owner = await knex('users').where({ id: owner_id }).first('email');
      const revokedAt = tombstone === undefined ? null : Number(tombstone.revoked_at);
      lost.push({ prefix: prefix ?? '', name: name ?? '', owner: owner?.email ?? '', revokedAt });
    }
  }
  return lost;
}

async function carryBlocks({ knex }: Engine, { users }: Current): Promise<string[]> {
  const blocked: string[] = [];
  for (const { id, email, disabled, can_manage_tokens } of await knex('users')) {
    const now = users.get(id);
    const disable = now?.disabled === true && !disabled;
    const block = now?.canManageTokens === false && Boolean(can_manage_tokens);
    if (!disable && !block) continue;
    await knex('users')
      .where({ id })
      .update({ ...(disable && { disabled: true }), ...(block && { can_manage_tokens: false }) });
    blocked.push(email);
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
