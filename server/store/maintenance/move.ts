import type { Knex } from 'knex';
import type { Engine, Row } from '../engine/engine.ts';
import { openPostgres } from '../engine/postgres.ts';
import { openSqlite } from '../engine/sqlite.ts';
import { createFailures, StoreFailure } from '../knex/failures.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { addTo, batchesOf, normalizerFor, type TableDigest } from './table-digest.ts';
import { type DataTable, dataTables } from './tables.ts';

export interface MoveProgress {
  phase: 'copying' | 'checking';
  table: string;
  done: number;
  /** Rows of that table. */
  total: number;
}

/** The rows of each table; `already`: they were there before. */
export interface Moved {
  rows: Record<string, number>;
  already: boolean;
}

/** The target of a move has something else in it. */
export class NotEmpty extends Error {
  constructor() {
    super('The database to move to holds something else already. Nothing was changed. Name an empty one.');
    this.name = 'NotEmpty';
  }
}

/**
 * Copies everything from a SQLite file that nobody serves into an empty PostgreSQL database, in one transaction: reads it
 * back and compares counts and digests before it commits, so whatever interrupts it leaves nothing behind, or all of it,
 * which the next attempt finds. @throws NotEmpty, StoreFailure if what was read back differs
 */
export async function moveStore(
  { from, to }: { from: string; to: string },
  progress: (step: MoveProgress) => void,
): Promise<Moved> {
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

async function move(source: Engine, target: Engine, progress: (step: MoveProgress) => void): Promise<Moved> {
  await migrate(source, migrations);
  await migrate(target, migrations);
  return target.migrationTransaction(async (trx) => {
    const already = await holdsAnything(trx);
    const rows: Moved['rows'] = {};
    for (const table of dataTables) {
      const [counted] = await source.knex(table.name).count({ rows: '*' });
      const total = Number(counted?.rows);
      const tell = (phase: MoveProgress['phase'], done: number) => progress({ phase, table: table.name, done, total });
      const sent = await digest(source.knex, table, async (batch, done) => {
        if (!already) await trx(table.name).insert(batch);
        tell(already ? 'checking' : 'copying', done);
      });
      const found = await digest(trx, table, async (_batch, done) => tell('checking', done));
      if (sent.rows !== total || found.rows !== total || found.sum !== sent.sum) {
        if (already) throw new NotEmpty();
        throw new StoreFailure(`What arrived in ${table.name} is not what was sent. Nothing was moved.`);
      }
      rows[table.name] = total;
    }
    return { rows, already };
  });
}

async function holdsAnything(knex: Knex): Promise<boolean> {
  for (const { name, key } of dataTables) if (await knex(name).first(key[0])) return true;
  return false;
}

/** `each` gets the rows of each batch, made alike, and how many there were so far. */
async function digest(
  knex: Knex,
  table: DataTable,
  each: (batch: Row[], done: number) => Promise<void>,
): Promise<TableDigest> {
  const sum: TableDigest = { rows: 0, sum: 0n };
  const normalize = await normalizerFor(knex, table);
  for await (const rows of batchesOf(knex, table)) {
    const batch = rows.map(normalize);
    addTo(sum, batch);
    await each(batch, sum.rows);
  }
  return sum;
}
