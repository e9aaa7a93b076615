import type { Knex } from 'knex';
import { driverCode } from '../../engine/driver-code.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import { databaseExists, databasesSetAside } from '../../engine/sqlite/leftovers.ts';
import { openSqlite } from '../../engine/sqlite/sqlite.ts';
import { StoreUnavailable } from '../../errors.ts';
import { newestPurged } from '../../knex/audit/retention.ts';
import { BackupError } from '../backup.ts';
import type { BackupMark } from './mark.ts';

/** A database that knows what happened after a backup was made: the current one, or one that a restore has set aside. */
export interface Witness {
  readonly path: string;
  readonly knex: Knex;
  /**
   * True if the database continues from the backup, because it holds the event that was recorded last before the backup, or because retention
   * deleted that event and no backup was restored since.
   * Then everything that it lacks was deleted after the backup.
   */
  readonly continues: boolean;
  /**
   * The time of the newest event that retention deleted, if the last event before the backup is not newer. Then the database cannot say whether it
   * had a token of the backup, and one that it lacks counts as revoked. Null otherwise.
   */
  readonly forgotUntil: number | null;
  /** Its members by ID. */
  readonly users: ReadonlyMap<string, Row>;
  close(): Promise<void>;
}

/** The reason that changes after a backup are unknown. */
export type Gap = 'missing' | 'unreadable' | 'unrelated' | 'skipped';

/**
 * Ends the name of the target of `database.restored` if nobody knew what happened after the restored backup was made. Every
 * later restore of an older backup has the same gap.
 */
export const withoutHistorySuffix = ' without history';

export interface History {
  /**
   * The current database, and those before it back to the one that continues from the backup, oldest first. Each one was
   * set aside by the restore that created the next one.
   */
  line: Witness[];
  /** Other databases that were set aside. Their rows and events are true, but may be incomplete. */
  others: Witness[];
  /** Databases that were set aside and are damaged, so nothing is known from them. */
  damaged: string[];
  /** The latest `forgotUntil` of all these databases. */
  forgotUntil: number | null;
  /** Null if `line` holds everything that happened after the backup was made. */
  gap: Gap | null;
  close(): Promise<void>;
}

interface Opened extends Witness {
  /** The event that was recorded last. */
  newestEventId: string | null;
  /** The newest event of the database that was replaced when this one was restored. Null if it was not restored. */
  replaced: string | null;
  /** The events of restores without history that the backup does not contain. */
  gapEventIds: string[];
}

/**
 * Finds out what is known about the time after a backup. The audit log decides: a database that holds the last event before the backup continues
 * from it. Retention deletes old events, and remembers the newest one. If the current database does not continue from the backup,
 * because another backup was restored in between, looks for the databases that were set aside then.
 */
export async function readHistory(path: string, mark: BackupMark): Promise<History> {
  const current = databaseExists(path) ? await openWitness(path, mark) : null;
  const isEnough = mark.eventId === null || (current?.continues === true && current.gapEventIds.length === 0);
  const paths = isEnough ? [] : databasesSetAside(path);
  const asides = await openAll(paths, mark).catch(async (error: unknown) => {
    await current?.close();
    throw error;
  });
  const damaged = paths.filter((aside) => asides.every((opened) => opened.path !== aside));
  const line = current === null ? [] : lineOf(current, asides);
  const [oldest] = line;
  const isConnected = oldest?.continues === true;
  // A backup without events has no members, so nothing can have been taken away from them.
  const complete = mark.eventId === null || (isConnected && line.every(({ gapEventIds }) => gapEventIds.length === 0));
  const known: Witness[] = line;
  const others = asides.filter((aside) => !known.includes(aside));
  const present: Gap = current === null ? 'unreadable' : isConnected ? 'skipped' : 'unrelated';
  const gap = databaseExists(path) ? present : 'missing';
  const close = async () => {
    for (const witness of [...line, ...others]) await witness.close();
  };
  const forgotten = [...line, ...others].flatMap(({ forgotUntil }) => forgotUntil ?? []);
  const forgotUntil = forgotten.length === 0 ? null : Math.max(...forgotten);
  return { line, others, damaged, forgotUntil, gap: complete ? null : gap, close };
}

/** Returns the databases from which `current` was restored one after the other, up to one that continues from the backup. */
function lineOf(current: Opened, asides: Opened[]): Opened[] {
  const line = [current];
  for (let first = current; !first.continues && first.replaced !== null; ) {
    const { replaced } = first;
    const before = asides.find((aside) => aside.newestEventId === replaced && !line.includes(aside));
    if (before === undefined) break;
    line.unshift(before);
    first = before;
  }
  return line;
}

async function openAll(paths: string[], mark: BackupMark): Promise<Opened[]> {
  const opened: Opened[] = [];
  try {
    for (const path of paths) {
      const witness = await openWitness(path, mark);
      if (witness !== null) opened.push(witness);
    }
  } catch (error) {
    for (const witness of opened) await witness.close();
    throw error;
  }
  return opened;
}

/**
 * Returns null if the database is damaged, which is a common reason to restore.
 *
 * @throws BackupError if it cannot be read for another reason. It may be healthy, and know what was revoked.
 */
async function openWitness(path: string, mark: BackupMark): Promise<Opened | null> {
  let engine: Engine | null = null;
  try {
    engine = await openSqlite(`sqlite:${path}`);
    return await read(engine, path, mark);
  } catch (error) {
    await engine?.close();
    if (isDamage(error)) return null;
    throw new BackupError(
      `Nothing was restored, because ${path} cannot be read now (${codeOf(error)}). End other programs that use it, check the disk, and try again; if the file is lost, move it to another directory.`,
    );
  }
}

const damageCodes = ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_ERROR'];

/** SQLITE_ERROR means a missing table: the file is not a database of tokensd. */
function isDamage(error: unknown): boolean {
  return error instanceof Damaged || damageCodes.includes(codeOf(error));
}

/** Returns SQLite's code, which an error of the store has in its cause. */
function codeOf(error: unknown): string {
  return driverCode(error instanceof StoreUnavailable ? (error.cause ?? error) : error);
}

class Damaged extends Error {}

async function read({ knex, close }: Engine, path: string, mark: BackupMark): Promise<Opened> {
  // A row that a damaged index hides would look as if it had been deleted.
  const [check] = (await knex.raw('PRAGMA integrity_check(1)')) as Row[];
  if (check?.integrity_check !== 'ok') throw new Damaged();
  const newest = () => knex('audit').orderBy('rowid', 'desc');
  const last = await newest().first('id');
  const restores = () => newest().where({ action: 'database.restored' });
  const restored = await restores().first('target_id');
  const own: Row | undefined = await knex('audit').where({ id: mark.eventId }).first(knex.raw('rowid AS position'));
  const rows: Row[] = await knex('users');
  const users = new Map(rows.map((row) => [String(row.id), row]));
  const forgotUntil = own === undefined && mark.memberIds.some((id) => users.has(id)) ? await forgot(knex, mark) : null;
  const since = (events: Knex.QueryBuilder) =>
    forgotUntil === null ? events.where('rowid', '>', Number(own?.position ?? 0)) : events.where('at', '>', mark.at);
  const wasRestored = (await since(restores()).first('id')) !== undefined;
  return {
    path,
    knex,
    continues: own !== undefined || (forgotUntil !== null && !wasRestored),
    forgotUntil,
    users,
    newestEventId: last?.id ?? null,
    replaced: restored?.target_id ?? null,
    gapEventIds: await since(restores().whereLike('target_name', `%${withoutHistorySuffix}`)).pluck('id'),
    close,
  };
}

/** Returns the time of the newest event that retention deleted, or null if the last event before the backup is newer. */
async function forgot(knex: Knex, { at }: BackupMark): Promise<number | null> {
  // A release before retention.
  if (!(await knex.schema.hasTable('job_positions'))) return null;
  const purged = await newestPurged(knex);
  return purged !== null && at !== null && at <= purged.at ? purged.at : null;
}
