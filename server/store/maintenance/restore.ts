import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import type { Knex } from 'knex';
import type { Engine, Row } from '../engine/engine.ts';
import { createPrivateFile } from '../engine/sqlite/files.ts';
import { openSqlite } from '../engine/sqlite/sqlite.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { type BackupSummary, inspectBackup } from './backup.ts';
import { carryAddresses, carryDeletions } from './carry-members.ts';
import { batchesOf } from './table-digest.ts';

export interface RevokedToken {
  prefix: string;
  name: string;
  owner: string;
  /** Null if the tombstone was purged already. */
  revokedAt: number | null;
}

export interface Restored extends BackupSummary {
  /** Path of the replaced database. Null if there was none. */
  setAside: string | null;
  /** Tokens that were revoked after the backup was made; they stay revoked. Null if the replaced database is unreadable. */
  revokedSince: RevokedToken[] | null;
  /** Email addresses of members who were disabled, demoted or blocked after the backup. The restore keeps this. */
  blockedSince: string[];
  /** Email addresses of members who were deleted after the backup. The restore deletes them again. */
  deletedSince: string[];
}

/**
 * Replaces a SQLite database that no daemon uses with a backup:
 *
 * 1. Check the backup, copy it to `DATABASE.restoring`, and migrate the copy.
 * 2. If the current database is readable, carry over what must not be undone: revoked tokens, deleted, disabled, demoted and
 *    blocked members, email addresses, passwords, second factors, identities and client secrets.
 * 3. Delete all sessions, tickets and device codes, and queued mails with one-time links.
 * 4. Rename the current database to `DATABASE.suffix`, and the copy to `DATABASE`.
 *
 * @throws BackupError if the file is damaged or not a tokensd database. Nothing is changed then.
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
  const since: Since = { revokedSince: null, blockedSince: [], deletedSince: [] };
  try {
    await migrate(engine, migrations);
    if (current !== null) {
      since.revokedSince = await carryRevocations(engine, current);
      since.deletedSince = await carryDeletions(engine, current.users);
      since.blockedSince = await carryBlocks(engine, current);
      await carryAddresses(engine, current.users);
      await carryCredentials(engine, current);
    }
    for (const table of ['sessions', 'tickets', 'device_codes']) await engine.knex(table).delete();
    await engine.knex('outbox').whereNotNull('link_kind').whereNull('sent_at').delete();
  } finally {
    await engine.close();
  }
  const setAside = databaseExists(databasePath) ? `${databasePath}.${suffix}` : null;
  if (setAside !== null) {
    for (const part of ['-wal', '-shm', '']) {
      if (existsSync(databasePath + part)) await rename(databasePath + part, setAside + part);
    }
  }
  await rename(fresh, databasePath);
  return { ...facts, setAside, ...since };
}

type Since = Pick<Restored, 'revokedSince' | 'blockedSince' | 'deletedSince'>;

/** What is carried over from the database that is replaced. */
interface Current {
  hashes: Set<string>;
  tombstones: Map<string, Row>;
  users: Map<string, Row>;
  /** Null if the database is from a release before this table. The same applies to `clients`. */
  recoveryCodes: Row[] | null;
  clients: Map<string, Row> | null;
}

/** Returns null if there is no current database or it is unreadable, which is a common reason to restore. */
async function readCurrent(path: string): Promise<Current | null> {
  if (!databaseExists(path)) return null;
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

/**
 * Revokes the tokens of the backup that the current database no longer has, and returns them. They were revoked after the
 * backup was made, even if their tombstones have been purged since.
 */
async function carryRevocations({ knex }: Engine, current: Current): Promise<RevokedToken[]> {
  const revoked: RevokedToken[] = [];
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
      revoked.push({ prefix: prefix ?? '', name: name ?? '', owner: owner?.email ?? '', revokedAt });
    }
  }
  return revoked;
}

/** Disables, blocks and demotes members as in the current database. Returns the email addresses of those it changed. */
async function carryBlocks({ knex }: Engine, { users }: Current): Promise<string[]> {
  const blocked: string[] = [];
  const rows: Row[] = await knex('users');
  const isActiveSuperuser = (row?: Row) => Boolean(row?.superuser) && !row?.disabled;
  // Demote members only if a superuser remains. Otherwise nobody could manage the organization.
  const superuserRemains = rows.some((row) => isActiveSuperuser(row) && isActiveSuperuser(users.get(String(row.id))));
  for (const { id, email, disabled, superuser, can_manage_tokens: permitted } of rows) {
    const now = users.get(String(id));
    if (now === undefined) continue;
    const changes = {
      ...(now.disabled === 1 && !disabled && { disabled: true }),
      ...(!now.can_manage_tokens && permitted === 1 && { can_manage_tokens: false }),
      ...(!now.superuser && superuser === 1 && superuserRemains && { superuser: false }),
    };
    if (Object.keys(changes).length === 0) continue;
    await knex('users')
      .where({ id: String(id) })
      .update(changes);
    blocked.push(String(email));
  }
  return blocked;
}

/** Keeps current credentials. A password or secret that was changed, perhaps after a leak, must not work again. */
async function carryCredentials({ knex }: Engine, current: Current): Promise<void> {
  const ids: string[] = await knex('users').pluck('id');
  const known = new Set(ids.filter((id) => current.users.has(id)));
  if (known.size === 0) return;
  await knex.transaction(async (trx) => {
    for (const id of known) {
      await trx('users')
        .where({ id })
        .update(credentialsOf(current.users.get(id)));
    }
    if (current.recoveryCodes !== null) {
      for (const id of known) await trx('recovery_codes').where({ user_id: id }).delete();
      const codes = current.recoveryCodes.filter(({ user_id: id }) => known.has(String(id)));
      for (const code of codes) await trx('recovery_codes').insert(code);
    }
    if (current.clients !== null) await carryClients(trx, current.clients);
  });
}

/** Releases before single sign-on and two-factor sign-in lack most of these columns. */
function credentialsOf(now: Row = {}): Row {
  const { password_hash, totp_secret, totp_enabled_at, totp_last_step } = now;
  if (totp_enabled_at === undefined) return { password_hash };
  // A member who is no longer bound could be matched to another person by email address at the next single sign-on.
  const { sso, oidc_issuer, oidc_subject, password_until_sso } = now;
  const credentials = { password_hash, totp_secret, totp_enabled_at, totp_last_step, sso, oidc_issuer, oidc_subject };
  return password_until_sso === undefined ? credentials : { ...credentials, password_until_sso };
}

async function carryClients(trx: Knex.Transaction, clients: Map<string, Row>): Promise<void> {
  for (const id of await trx('clients').pluck('id')) {
    const now = clients.get(id);
    const client = trx('clients').where({ id });
    if (now === undefined) await client.delete();
    else await client.update({ secret_hash: now.secret_hash, can_revoke: now.can_revoke });
  }
}

/** Treats an empty file as missing, because SQLite leaves one when it opens a database that does not exist. */
function databaseExists(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

async function removeDatabase(path: string): Promise<void> {
  for (const part of ['', '-wal', '-shm']) await rm(path + part, { force: true });
}
