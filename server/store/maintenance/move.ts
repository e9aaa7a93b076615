import type { Knex } from 'knex';
import type { Engine, Row } from '../engine/engine.ts';
import { openPostgres } from '../engine/postgres/postgres.ts';
import { openSqlite } from '../engine/sqlite/sqlite.ts';
import { StoreFailure } from '../errors.ts';
import { lockAppVersion, replaceAppVersion } from '../knex/apps/app-version.ts';
import { createFailures } from '../knex/failures.ts';
import { migrations } from '../migrations/all.ts';
import { migrate } from '../migrations/migrate.ts';
import { addTo, batchesOf, normalizerFor, type TableDigest } from './table-digest.ts';
import { type DataTable, dataTables } from './tables.ts';

export interface MoveProgress {
  phase: 'copying' | 'checking';
  table: string;
  done: number;
  /** Number of rows in the table. */
  total: number;
}

export interface Moved {
  /** Number of rows by table. */
  rows: Record<string, number>;
  /** True if an earlier move had copied the rows, so that this one only compared them. */
  alreadyMoved: boolean;
}

/** The target of a move contains other data. */
export class NotEmpty extends Error {
  constructor() {
    super('The target database already contains other data. Nothing was changed; choose an empty database.');
    this.name = 'NotEmpty';
  }
}

/**
 * Copies a SQLite database that no daemon uses into an empty PostgreSQL database, in one transaction:
 *
 * 1. Migrate both databases, and lock them for everybody else who writes. A command that wrote to the source meanwhile, such
 *    as `tokensd mail retry`, would see its change disappear, and half of a change would be moved.
 * 2. Copy each table in batches, read it back, and compare row counts and digests.
 * 3. Commit. If the move is interrupted before the commit, the target stays empty. If it is interrupted afterwards, the
 *    next attempt finds the rows and only compares them.
 *
 * @throws NotEmpty if the target contains other data
 * @throws StoreFailure if the rows that were read back differ
 */
export async function moveStore(
  { from, to }: { from: string; to: string },
  progress: (step: MoveProgress) => void,
): Promise<Moved> {
  const source = await openSqlite(from);
  try {
    const target = await openPostgres(to, { setting: '--to' });
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
  return source.transaction((sourceTrx) =>
    target.migrationTransaction(async (trx) => {
      await lockAppVersion(trx);
      await trx.raw(`LOCK TABLE ${dataTables.map(({ name }) => name).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
      const moved = await copy(sourceTrx, trx, progress);
      // A daemon that already uses the target may remember that it has no apps.
      await replaceAppVersion(trx);
      return moved;
    }),
  );
}

async function copy(source: Knex, trx: Knex, progress: (step: MoveProgress) => void): Promise<Moved> {
  const alreadyMoved = await hasRows(trx);
  const rows: Moved['rows'] = {};
  for (const table of dataTables) {
    const [counted] = await source(table.name).count({ rows: '*' });
    const total = Number(counted?.rows);
    const report = (phase: MoveProgress['phase'], done: number) => progress({ phase, table: table.name, done, total });
    const sent = await digest(source, table, async (batch, done) => {
      if (!alreadyMoved) await trx(table.name).insert(batch);
      report(alreadyMoved ? 'checking' : 'copying', done);
    });
    const found = await digest(trx, table, async (_batch, done) => report('checking', done));
    if (sent.rows !== total || found.rows !== total || found.sum !== sent.sum) {
      if (alreadyMoved) throw new NotEmpty();
      throw new StoreFailure(`The copy of the table ${table.name} differs from the original. Nothing was moved.`);
    }
    rows[table.name] = total;
  }
  return { rows, alreadyMoved };
}

async function hasRows(knex: Knex): Promise<boolean> {
  for (const { name, key } of dataTables) if (await knex(name).first(key[0])) return true;
  return false;
}

/** Returns the digest of a table. Calls `each` with every normalized batch and the number of rows so far. */
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
