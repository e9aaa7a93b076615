import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import { openPostgres } from '../engine/postgres.ts';
import { openSqlite } from '../engine/sqlite.ts';
import { createFailures, StoreFailure } from '../knex/failures.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { addTo, batchesOf, normalizerFor, type TableDigest } from './table-digest.ts';
import { type KeptTable, keptTables } from './tables.ts';

export interface MoveProgress {
  phase: 'copying' | 'checking';
  table: string;
  done: number;
  /** Rows of that table. */
  total: number;
}

/** The target of a move has something in it already. */
export class NotEmpty extends Error {
  constructor() {
    super('The database to move to holds data already. Nothing was changed. Name an empty one.');
    this.name = 'NotEmpty';
  }
}

/**
 * Copies everything from a SQLite file that nobody serves into an empty PostgreSQL database, in one transaction: reads it
 * back and compares counts and digests before it commits, so whatever interrupts it leaves nothing behind. Answers the
 * rows of each table. @throws NotEmpty, StoreFailure if what was read back differs
 */
export async function moveStore(
  { from, to }: { from: string; to: string },
  progress: (step: MoveProgress) => void,
): Promise<Record<string, number>> {
  const source = await openSqlite(from);
  try {
    const target = await openPostgres(to);
    try {
      return await move(source, target, progress);
    } catch (error) {
      throw error instanceof NotEmpty ? error : createFailures(target).translate(error, 'store.move');
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function move(source: Engine, target: Engine, progress: (step: MoveProgress) => void) {
  await migrate(source, migrations);
  await migrate(target, migrations);
  return target.migrationTransaction(async (trx) => {
    for (const { name, key } of keptTables) if (await trx(name).first(key[0])) throw new NotEmpty();
    const moved: Record<string, number> = {};
    for (const table of keptTables) moved[table.name] = await moveTable(table, source.knex, trx, progress);
    return moved;
  });
}

async function moveTable(
  table: KeptTable,
  source: Knex,
  target: Knex,
  progress: (step: MoveProgress) => void,
): Promise<number> {
  const [counted] = await source(table.name).count({ rows: '*' });
  const total = Number(counted?.rows);
  const written: TableDigest = { rows: 0, sum: 0n };
  const fromSource = await normalizerFor(source, table);
  for await (const rows of batchesOf(source, table)) {
    const batch = rows.map(fromSource);
    await target(table.name).insert(batch);
    addTo(written, batch);
    progress({ phase: 'copying', table: table.name, done: written.rows, total });
  }
  const found: TableDigest = { rows: 0, sum: 0n };
  const fromTarget = await normalizerFor(target, table);
  for await (const rows of batchesOf(target, table)) {
    addTo(found, rows.map(fromTarget));
    progress({ phase: 'checking', table: table.name, done: found.rows, total });
  }
  if (written.rows !== total || found.rows !== total || found.sum !== written.sum) {
    throw new StoreFailure(`What arrived in ${table.name} is not what was sent. Nothing was moved.`);
  }
  return total;
}
