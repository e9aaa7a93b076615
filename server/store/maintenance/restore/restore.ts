import { chmod, copyFile, realpath } from 'node:fs/promises';
import { driverCode } from '../../engine/driver-code.ts';
import type { Engine } from '../../engine/engine.ts';
import { createPrivateFile, identityOf, locateDatabaseFile } from '../../engine/sqlite/files.ts';
import { asideInfix, databaseExists, restoringSuffix } from '../../engine/sqlite/leftovers.ts';
import { openSqlite } from '../../engine/sqlite/sqlite.ts';
import { replaceAppVersion } from '../../knex/apps/app-version.ts';
import { migrations } from '../../migrations/all.ts';
import { migrate } from '../../migrations/migrate.ts';
import { BackupError, type BackupSummary, inspectBackup } from '../backup.ts';
import { carryApps } from './carry/apps.ts';
import { carryClients } from './carry/clients.ts';
import { carryCredentials } from './carry/credentials.ts';
import { carryGroups } from './carry/groups.ts';
import { carryMaintainers } from './carry/maintainers.ts';
import { carryAddresses, carryBlocks, carryDeletions } from './carry/members.ts';
import { carryTokenLife, type UncertainToken } from './carry/token-life.ts';
import { carryRevocations, type RevokedToken } from './carry/tokens.ts';
import { carryTransfers } from './carry/transfers.ts';
import { carryTrusts } from './carry/trusts.ts';
import { carryWebhooks } from './carry/webhooks.ts';
import { type Gap, type History, readHistory } from './history.ts';
import { changedSince, knownMembers } from './known-members.ts';
import { readMark } from './mark.ts';
import { recordRestore } from './record.ts';
import { type Disk, hasLog, realDisk, removeCopy, swap, undoRestore } from './swap.ts';

/** Nobody knows what happened after the backup was made, and the caller has not accepted that. Nothing was restored. */
export class HistoryUnknown extends Error {
  readonly gap: Gap;
  readonly backup: BackupSummary;
  /** True if an earlier restore had been interrupted, and was undone first. */
  readonly undone: boolean;

  constructor(gap: Gap, backup: BackupSummary, undone: boolean) {
    super('Nobody knows what happened after the backup was made.');
    this.name = 'HistoryUnknown';
    this.gap = gap;
    this.backup = backup;
    this.undone = undone;
  }
}

export interface RestoreOptions {
  databasePath: string;
  /** The backup. */
  file: string;
  /** ID and time of the audit event `database.restored`. */
  event: { id: string; at: number };
  /** True to restore although the changes after the backup are unknown. */
  withoutHistory?: boolean;
  disk?: Disk;
}

export interface Restored extends BackupSummary {
  /** Path of the replaced database. Null if there was none. */
  setAside: string | null;
  /** True if an earlier restore had been interrupted, and was undone first. */
  undone: boolean;
  /** The reason that other changes after the backup may be unknown. Null if all of them are known. */
  gap: Gap | null;
  /**
   * The time of the newest audit event that retention deleted, if the backup is older. Tokens of the backup that the replaced database did not have
   * then count as revoked. Null if their events are known.
   */
  forgotUntil: number | null;
  /** Tokens that were revoked after the backup was made. They stay revoked. */
  revokedSince: RevokedToken[];
  /** Tokens whose newest state is not known. They are paused. */
  pausedTokens: UncertainToken[];
  /** Email addresses of members who were disabled, demoted or blocked after the backup. The restore keeps this. */
  blockedSince: string[];
  /** Email addresses of members who lost a group after the backup, or may have lost it. The restore keeps this. */
  ungroupedSince: string[];
  /** True if the restored database has a superuser who is not disabled. */
  hasSuperuser: boolean;
  /** Databases that an earlier restore has set aside, and which are damaged. */
  damaged: string[];
  /** Email addresses of members who were deleted after the backup. The restore deletes them again. */
  deletedSince: string[];
}

/**
 * Replaces a SQLite database that no daemon uses with a backup:
 *
 * 1. Check the backup, and find the databases that know what happened after it was made.
 * 2. Copy it to `DATABASE.restoring`, and migrate the copy.
 * 3. Carry over what must not be undone: revoked, rotated, paused and transferred tokens, their rules, apps, trusts, deleted, disabled, demoted and blocked
 *    members, deleted and disabled service accounts, their maintainers, groups, email addresses, passwords, second factors, identities,
 *    client secrets and webhooks.
 * 4. Delete all sessions, tickets and device codes, and queued mails with one-time links.
 * 5. Put the copy in the place of the database, which is kept as `DATABASE.before-restore-TIME`.
 *
 * @throws BackupError if the file is damaged or not a tokensd database. Nothing is changed then.
 * @throws HistoryUnknown unless `withoutHistory` is set
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { event, withoutHistory = false, disk = realDisk } = options;
  // A rename would replace a symbolic link instead of the database.
  const path = await locateDatabaseFile(`sqlite:${options.databasePath}`);
  // The log of a database lies beside the file that a link leads to.
  const file = await realpath(options.file);
  await assertNotInUse(file, path);
  if (hasLog(file)) {
    throw new BackupError(
      `${file} is not a complete backup, because ${file}-wal holds a part of it. Choose a file that tokensd backup has written.`,
    );
  }
  const backup = await inspectBackup(file);
  const undone = await undoRestore(path, disk);
  const history = await readHistory(path, await readMark(file));
  let since: Since;
  try {
    if (history.gap !== null && !withoutHistory) throw new HistoryUnknown(history.gap, backup, undone);
    since = await build({ path, file, event, disk }, backup, history);
  } finally {
    await history.close();
  }
  const aside = `${path}${asideInfix}${new Date(event.at).toISOString().replaceAll(/[:.]/g, '-')}`;
  const setAside = databaseExists(path) ? aside : null;
  try {
    if (hasLog(path + restoringSuffix)) throw new BackupError('The disk is full. Nothing was changed.');
    await swap(path, aside, disk);
  } catch (error) {
    // If this fails too, the copy remains, so that nothing uses the database until `tokensd restore --undo`.
    await undoRestore(path, disk).catch(() => {});
    throw explained(error, path);
  }
  const { damaged, gap, forgotUntil } = history;
  return { ...backup, ...since, setAside, undone, damaged, gap, forgotUntil };
}

/**
 * Throws if the backup is the database itself, under any name, or the copy that a restore builds. An undone restore would
 * remove the file.
 */
async function assertNotInUse(file: string, path: string): Promise<void> {
  const inUse = await Promise.all([identityOf(path), identityOf(path + restoringSuffix)]);
  if (!inUse.includes(await identityOf(file))) return;
  throw new BackupError(
    `${file} is not a backup, because the database or an interrupted restore uses it. Choose a file that tokensd backup has written, or undo the restore with: tokensd restore --undo`,
  );
}

/** Undoes a restore that was interrupted. Returns the path of the database with symbolic links resolved. */
export async function undoRestoreOf(databasePath: string): Promise<{ path: string; undone: boolean }> {
  const path = await locateDatabaseFile(`sqlite:${databasePath}`);
  return { path, undone: await undoRestore(path) };
}

type Since = Pick<
  Restored,
  'revokedSince' | 'pausedTokens' | 'blockedSince' | 'ungroupedSince' | 'deletedSince' | 'hasSuperuser'
>;

type Build = Pick<RestoreOptions, 'file' | 'event'> & { path: string; disk: Disk };

/** Builds the copy. If that fails, removes it again. */
async function build({ path, file, event, disk }: Build, backup: BackupSummary, history: History): Promise<Since> {
  const copy = path + restoringSuffix;
  try {
    await createPrivateFile(copy);
    await copyFile(file, copy);
    await chmod(copy, 0o600);
    const engine = await openSqlite(`sqlite:${copy}`);
    try {
      await migrate(engine, migrations);
      await assertComplete(engine, file, backup);
      const since = await carry(engine, history, event.at);
      await replaceAppVersion(engine.knex);
      for (const table of ['sessions', 'tickets', 'device_codes']) await engine.knex(table).delete();
      await engine.knex('outbox').whereNotNull('link_kind').whereNull('sent_at').delete();
      await recordRestore(engine, event, backup, history);
      return since;
    } finally {
      await engine.close();
    }
  } catch (error) {
    await removeCopy(path, disk).catch(() => {});
    throw explained(error, path);
  }
}

/** Throws if the copy differs from the backup that was inspected, because another program changed the file meanwhile. */
async function assertComplete({ knex }: Engine, file: string, { tokens, newestEventId }: BackupSummary): Promise<void> {
  const last = await knex('audit').orderBy('rowid', 'desc').first('id');
  const [row] = await knex('tokens').count({ tokens: '*' });
  if (Number(row?.tokens) === tokens && (last?.id ?? null) === newestEventId) return;
  throw new BackupError(`${file} changed while it was restored. Nothing was restored; try again.`);
}

async function carry(engine: Engine, history: History, now: number): Promise<Since> {
  const { line, others, gap } = history;
  const { knex } = engine;
  const complete = gap === null;
  const witnesses = [...line, ...(complete ? [] : others)];
  const revokedSince = await carryRevocations(engine, witnesses, now);
  await carryApps(engine, history);
  await carryTrusts(engine, witnesses, now);
  const uncertain = await carryTokenLife(engine, history, now);
  const transferred = await carryTransfers(engine, history, now);
  const pausedTokens = [...new Map([...uncertain, ...transferred].map((token) => [token.prefix, token])).values()];
  const deletedSince: string[] = [];
  for (const { users } of witnesses) deletedSince.push(...(await carryDeletions(engine, users)));
  const members = await knownMembers(line, new Set(await knex('users').whereNull('deleted_at').pluck('id')));
  const rows = (known: typeof members) => new Map([...known].map(([id, { row }]) => [id, row]));
  const blockedSince = await carryBlocks(engine, rows(members));
  const moved = complete ? members : await changedSince(knex, members, ['user.email_changed']);
  await carryAddresses(engine, rows(moved));
  await carryCredentials(engine, members, complete);
  await carryMaintainers(engine, witnesses, complete);
  await carryClients(engine, line, complete);
  await carryWebhooks(engine, history);
  const ungroupedSince = await carryGroups(engine, members, witnesses, complete);
  const superuser = await knex('users').where({ superuser: true, disabled: false }).whereNull('deleted_at').first('id');
  const ofMembers = { blockedSince, ungroupedSince, deletedSince };
  return { revokedSince, pausedTokens, ...ofMembers, hasSuperuser: superuser !== undefined };
}

/** Explains an error of the file system. Other errors explain themselves. */
function explained(error: unknown, path: string): unknown {
  const code = driverCode(error);
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new BackupError(
    `The backup was not restored, because files beside ${path} cannot be written (${code}). Check the directory, its owner and its free space.`,
  );
}
