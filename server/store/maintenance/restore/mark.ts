import sqlite3 from 'sqlite3';
import type { Row } from '../../engine/engine.ts';
import { connect, disconnect } from '../../engine/sqlite/connection.ts';
import { purgedJob } from '../../knex/audit/retention.ts';

/** The facts of a backup that show whether a database continues from it. */
export interface BackupMark {
  /** The event that was recorded last before the backup. Null if there never was one. */
  eventId: string | null;
  /** Its time. */
  at: number | null;
  /** Some of its oldest members. The rows of deleted members stay, so another database of the same organization has them, too. */
  memberIds: readonly string[];
}

/** How many members the mark names. */
const maxMembers = 100;

/**
 * Reads the mark of a backup. If retention deleted newer events than the newest one that is left, the newest deleted event counts. Only events of
 * restores are kept longer than others.
 */
export async function readMark(file: string): Promise<BackupMark> {
  const database = await connect(file, sqlite3.OPEN_READONLY);
  const all = (sql: string) =>
    new Promise<Row[]>((resolve, reject) => {
      database.all<Row>(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  try {
    const [newest] = await all('SELECT id, at FROM audit ORDER BY rowid DESC LIMIT 1');
    const purged = newestPurgedIn(await all(hasPositions).then(([found]) => (found ? all(selectPurged) : [])));
    const members = await all(`SELECT id FROM users ORDER BY id LIMIT ${maxMembers}`);
    const memberIds = members.map(({ id }) => String(id));
    if (newest === undefined && purged === null) return { eventId: null, at: null, memberIds };
    if (purged !== null && purged.at > Number(newest?.at ?? Number.NEGATIVE_INFINITY))
      return { eventId: purged.id, at: purged.at, memberIds };
    return { eventId: String(newest?.id), at: Number(newest?.at), memberIds };
  } finally {
    await disconnect(database);
  }
}

const hasPositions = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'job_positions'";
const selectPurged = `SELECT id, at FROM job_positions WHERE job = '${purgedJob}'`;

function newestPurgedIn([row]: readonly Row[]): { id: string; at: number } | null {
  return row === undefined || row.id === '' ? null : { id: String(row.id), at: Number(row.at) };
}
