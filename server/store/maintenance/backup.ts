import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sqlite3 from 'sqlite3';
import { osUser } from '../../os-user.ts';
import { driverCode } from '../engine/driver-code.ts';
import type { Row } from '../engine/engine.ts';
import { connect, disconnect, execute } from '../engine/sqlite/connection.ts';
import { locateDatabaseFile } from '../engine/sqlite/files.ts';
import { assertNoLeftovers } from '../engine/sqlite/leftovers.ts';

/** A backup cannot be written or read. The message is meant to be shown. */
export class BackupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BackupError';
  }
}

export interface BackupSummary {
  users: number;
  tokens: number;
  /** Time of the audit event that was recorded last. Null if there is none. */
  newestEventAt: number | null;
  /** ID of the audit event that was recorded last. Null if there is none. */
  newestEventId: string | null;
}

/**
 * Writes a consistent copy of a SQLite database, which may be in use. Returns a summary and the copy's SHA-256.
 *
 * 1. Copy the database to `FILE.unfinished`, created beforehand with mode 0600.
 * 2. Check the copy, and flush it to disk.
 * 3. Link it to its final name, which fails if that exists. So a file of this name is always a complete backup.
 *
 * @throws BackupError
 * @throws LeftoverFiles if a restore of the database was interrupted
 */
export async function backUp(databasePath: string, file: string): Promise<BackupSummary & { sha256: string }> {
  assertNoLeftovers(await locateDatabaseFile(`sqlite:${databasePath}`));
  const target = resolve(file);
  const unfinished = `${target}.unfinished`;
  // VACUUM INTO creates a file that everyone can read, but it also accepts an empty file and leaves its mode alone.
  await createEmpty(unfinished);
  try {
    const database = await connect(databasePath, sqlite3.OPEN_READONLY);
    try {
      await execute(database, `VACUUM INTO '${unfinished.replaceAll("'", "''")}'`);
    } finally {
      await disconnect(database);
    }
    const facts = await inspectBackup(unfinished);
    const hash = createHash('sha256');
    await pipeline(createReadStream(unfinished), hash);
    await sync(unfinished);
    await link(unfinished, target);
    await sync(dirname(target));
    return { ...facts, sha256: hash.digest('hex') };
  } catch (error) {
    if (error instanceof BackupError) throw error;
    if (driverCode(error) === 'EEXIST') throw new BackupError(`${file} already exists. Choose another file name.`);
    throw new BackupError(`The backup could not be written (${driverCode(error)}). ${file} was not created.`);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/**
 * Checks a backup and returns its summary.
 *
 * @throws BackupError if the file is damaged, or is not a tokensd database
 */
export async function inspectBackup(path: string): Promise<BackupSummary> {
  const database = await connect(path, sqlite3.OPEN_READONLY).catch(() => {
    throw notOurs(path);
  });
  try {
    const check = await firstRow(database, 'PRAGMA integrity_check');
    if (check?.integrity_check !== 'ok') throw new BackupError(`${path} is damaged. Use another backup.`);
    const deletedAt = await firstRow(database, "SELECT 1 FROM pragma_table_info('users') WHERE name = 'deleted_at'");
    // A backup of an earlier release has no deleted members.
    const members = `SELECT count(*) FROM users${deletedAt === undefined ? '' : ' WHERE deleted_at IS NULL'}`;
    const row = await firstRow(
      database,
      `SELECT (${members}) users, (SELECT count(*) FROM tokens) tokens,
        (SELECT at FROM audit ORDER BY rowid DESC LIMIT 1) newest,
        (SELECT id FROM audit ORDER BY rowid DESC LIMIT 1) newest_id`,
    );
    return {
      users: Number(row?.users),
      tokens: Number(row?.tokens),
      newestEventAt: row?.newest as number | null,
      newestEventId: row?.newest_id as string | null,
    };
  } catch (error) {
    throw error instanceof BackupError ? error : notOurs(path);
  } finally {
    await disconnect(database);
  }
}

function firstRow(database: sqlite3.Database, sql: string): Promise<Row | undefined> {
  return new Promise((resolve, reject) => {
    database.get<Row>(sql, (error, row) => (error ? reject(error) : resolve(row)));
  });
}

async function createEmpty(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    const code = driverCode(error);
    if (code !== 'EEXIST')
      throw new BackupError(`Cannot write ${path} (${code}). Choose a directory in which ${osUser()} may write.`);
    throw new BackupError(
      `${path} exists, so another backup may be running. If none is, remove the file and try again.`,
    );
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

function notOurs(path: string): BackupError {
  return new BackupError(
    `${path} is not a tokensd backup, or ${osUser()} cannot read it. Check the path and its permissions.`,
  );
}
