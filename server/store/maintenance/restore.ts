import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import type { Knex } from 'knex';
import type { Engine, Row } from '../engine/engine.ts';
import { openSqlite } from '../engine/sqlite.ts';
import { createPrivateFile } from '../engine/sqlite-files.ts';
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
  /** E-mails of members who were disabled or demoted, or lost the permission, after the backup was made: that is kept, too. */
  blockedSince: string[];
}

/**
 * Puts a backup in the place of a SQLite database that nobody serves. What was revoked, disabled or blocked after the
 * backup was made stays so, and passwords, second steps, identities and services' secrets stay as they are, if the
 * database that is replaced can still be read; every session ends.
 * @throws BackupError for a file that is damaged or none of ours; then nothing was changed
 */
export async function restore(databasePath: string, file: string, suffix: string): Promise<Restored> {
  const facts = await inspectBackup(file);
  const fresh = `${databasePath}.restoring`;
  await removeDatabase(fresh);
  await createPrivateFile(fresh);
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
      await carryCredentials(engine, current);
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
  users: Map<string, Row>;
  /** Null: of a release that had none. */
  recoveryCodes: Row[] | null;
  clients: Map<string, Row> | null;
}

/** Null if there is none, or it is damaged, or not ours: reasons to restore. */
async function readCurrent(path: string): Promise<Current | null> {
  if (!isThere(path)) return null;
  const engine = await openSqlite(`sqlite:${path}`).catch(() => null);
  if (engine === null) return null;
  try {
    const { knex } = engine;
    const rowsOf = async (table: string): Promise<Row[] | null> =>
      (await knex.schema.hasTable(table)) ? await knex(table) : null;
    const clients = await rowsOf('clients');
    return {
      hashes: new Set(await knex('tokens').pluck('hash')),
      tombstones: byKey(await knex('tombstones'), 'hash'),
      users: byKey(await knex('users'), 'id'),
      recoveryCodes: await rowsOf('recovery_codes'),
      clients: clients && byKey(clients, 'id'),
    };
  } catch {
    return null;
  } finally {
    await engine.close();
  }
}

function byKey(rows: Row[], key: string): Map<string, Row> {
  return new Map(rows.map((row) => [String(row[key]), row]));
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
  const rows: Row[] = await knex('users');
  const rules = (row?: Row) => Boolean(row?.superuser) && !row?.disabled;
  // Somebody has to be left who can add members.
  const ruled = rows.some((row) => rules(row) && rules(users.get(String(row.id))));
  for (const { id, email, disabled, superuser, can_manage_tokens: permitted } of rows) {
    const now = users.get(String(id));
    if (now === undefined) continue;
    const changes = {
      ...(now.disabled === 1 && !disabled && { disabled: true }),
      ...(!now.can_manage_tokens && permitted === 1 && { can_manage_tokens: false }),
      ...(!now.superuser && superuser === 1 && ruled && { superuser: false }),
    };
    if (Object.keys(changes).length === 0) continue;
    await knex('users')
      .where({ id: String(id) })
      .update(changes);
    blocked.push(String(email));
  }
  return blocked;
}

/** A password or a secret was changed for a reason: what it was before must not work again, nor without the second step. */
async function carryCredentials({ knex }: Engine, current: Current): Promise<void> {
  const ids: string[] = await knex('users').pluck('id');
  const known = new Set(ids.filter((id) => current.users.has(id)));
  if (known.size === 0) return;
  await knex.transaction(async (trx) => {
    for (const id of known) {
      const member = trx('users').where({ id });
      await member.update(credentialsOf(current.users.get(id)));
    }
    if (current.recoveryCodes !== null) {
      for (const id of known) await trx('recovery_codes').where({ user_id: id }).delete();
      const theirs = current.recoveryCodes.filter(({ user_id: id }) => known.has(String(id)));
      for (const code of theirs) await trx('recovery_codes').insert(code);
    }
    if (current.clients !== null) await carryServices(trx, current.clients);
  });
}

/** A release before the second step and single sign-on knows nothing of them. */
function credentialsOf(now: Row = {}): Row {
  const { password_hash, totp_secret, totp_enabled_at, totp_last_step } = now;
  if (totp_enabled_at === undefined) return { password_hash };
  // Who would be unbound again could be taken for somebody else by the e-mail address.
  const { sso, oidc_issuer, oidc_subject } = now;
  return { password_hash, totp_secret, totp_enabled_at, totp_last_step, sso, oidc_issuer, oidc_subject };
}

async function carryServices(trx: Knex.Transaction, clients: Map<string, Row>): Promise<void> {
  for (const id of await trx('clients').pluck('id')) {
    const now = clients.get(id);
    const service = trx('clients').where({ id });
    if (now === undefined) await service.delete();
    else await service.update({ secret_hash: now.secret_hash, can_revoke: now.can_revoke });
  }
}

/** An empty file is what opening a database that is not there leaves. */
function isThere(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

async function removeDatabase(path: string): Promise<void> {
  for (const part of ['', '-wal', '-shm']) await rm(path + part, { force: true });
}
