import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sqlite3 from 'sqlite3';
import { driverCode } from '../engine/driver-code.ts';
import type { Row } from '../engine/engine.ts';
import { connect, disconnect, execute } from '../engine/sqlite-connection.ts';

/** A backup that cannot be made, or a file that is none: the message is for people. */
export class BackupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BackupError';
  }
}

export interface BackupFacts {
  users: number;
  tokens: number;
  /** When the newest event in it happened; null: there is none. */
  newestEventAt: number | null;
}

/**
 * Writes one consistent copy of a SQLite database that may be in use, mode 0600. It appears under its name once it is
 * whole, checked and on the disk. Answers what is in it and its SHA-256. @throws BackupError
 */
export async function backUp(databasePath: string, file: string): Promise<BackupFacts & { sha256: string }> {
  const target = resolve(file);
  const unfinished = `${target}.unfinished`;
  // SQLite would make the file for everybody to read, but fills an empty one as it is.
  await makeEmpty(unfinished);
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
    if (driverCode(error) === 'EEXIST') throw new BackupError(`${file} exists already. Name a new file.`);
    throw new BackupError(`The backup could not be written (${driverCode(error)}). Nothing is at ${file}.`);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** What is in a backup. @throws BackupError for a file that is damaged, or nothing of ours */
export async function inspectBackup(path: string): Promise<BackupFacts> {
  const database = await connect(path, sqlite3.OPEN_READONLY).catch(() => {
    throw notOurs(path);
  });
  try {
    const check = await firstRow(database, 'PRAGMA integrity_check');
    if (check?.integrity_check !== 'ok') throw new BackupError(`${path} is damaged. Take another backup.`);
    const row = await firstRow(
      database,
      'SELECT (SELECT count(*) FROM users) users, (SELECT count(*) FROM tokens) tokens, (SELECT max(at) FROM audit) newest',
    );
    return { users: Number(row?.users), tokens: Number(row?.tokens), newestEventAt: row?.newest as number | null };
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

async function makeEmpty(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    const why =
      driverCode(error) === 'EEXIST'
        ? 'it exists: another backup runs, or was killed; then remove it'
        : driverCode(error);
    throw new BackupError(`Cannot write ${path} (${why}).`);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

function notOurs(path: string): BackupError {
  return new BackupError(`${path} is no backup of tokensd, or it cannot be read.`);
}
