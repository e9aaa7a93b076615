import type { Knex } from 'knex';
import type { Engine, Select } from '../engine/engine.ts';
import { StoreFailure } from '../errors.ts';
import type { Migration } from './migration.ts';

const table = 'knex_migrations';
const compatibilityTable = 'compatibility';
const appliedNames: Select = { columns: ['name'], from: `FROM ${table}`, forVerification: true };
const compatibilities: Select = {
  columns: ['migration', 'works_from'],
  from: `FROM ${compatibilityTable}`,
  forVerification: true,
};

/**
 * Applies the missing migrations in one transaction under the migration lock. Returns the names applied.
 *
 * @throws StoreFailure if the database has a migration that this program does not know and cannot work with
 */
export function migrate(engine: Engine, known: readonly Migration[]): Promise<string[]> {
  return engine.migrationTransaction(async (trx) => {
    const before = await applied(engine, trx);
    const incompatible = await findIncompatible(engine, before, known, trx);
    if (incompatible !== undefined) throw schemaTooNew(incompatible);
    if (known.every(({ name }) => before.includes(name))) return [];
    const config = { tableName: table, migrationSource: sourceOf(known) };
    // Knex's own lock is a row, which a killed process leaves behind. The migration lock replaces it.
    await trx.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await trx.migrate.latest(config)) as [number, string[]];
    const rows = known.map(({ name, worksFrom = name }) => ({ migration: name, works_from: worksFrom }));
    await trx(compatibilityTable).insert(rows).onConflict('migration').ignore();
    return names;
  });
}

/** How far a database has been migrated, compared with what a program knows. */
export interface SchemaState {
  applied: string[];
  /** Migrations that the program knows and the database has not seen. */
  missing: string[];
  /** The first applied migration that makes the program too old for the schema. */
  incompatible: string | undefined;
}

/** Reads how far a database has been migrated. Never waits for a writer. */
export async function readSchemaState(engine: Engine, known: readonly Migration[]): Promise<SchemaState> {
  const names = await applied(engine);
  return {
    applied: names,
    missing: known.map(({ name }) => name).filter((name) => !names.includes(name)),
    incompatible: await findIncompatible(engine, names, known),
  };
}

async function applied(engine: Engine, trx?: Knex.Transaction): Promise<string[]> {
  if (!(await hasTable(engine, table, trx))) return [];
  return (await engine.select(appliedNames, [], trx)).map(([name]) => String(name));
}

async function hasTable(engine: Engine, name: string, trx?: Knex.Transaction): Promise<boolean> {
  return (await engine.select(engine.tableNames, [], trx)).some(([existing]) => existing === name);
}

/**
 * Returns the first applied migration that makes this program too old for the schema: the program knows neither this
 * migration nor the one in its `works_from`. Returns undefined if there is no such migration.
 */
async function findIncompatible(
  engine: Engine,
  names: string[],
  known: readonly Migration[],
  trx?: Knex.Transaction,
): Promise<string | undefined> {
  const knows = (name: unknown) => known.some((migration) => migration.name === name);
  const unknown = names.filter((name) => !knows(name));
  if (unknown.length === 0) return undefined;
  if (!(await hasTable(engine, compatibilityTable, trx))) return unknown[0];
  const worksFrom = new Map((await engine.select(compatibilities, [], trx)).map(([name, from]) => [name, from]));
  return unknown.find((name) => !knows(worksFrom.get(name)));
}

function schemaTooNew(name: string): StoreFailure {
  return new StoreFailure(
    `A newer tokensd migrated this database (this version does not know the migration ${name}). ` +
      'Install that version or a later one, or restore a backup made before the upgrade.',
  );
}

function sourceOf(known: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: async () => [...known],
    getMigrationName: ({ name }) => name,
    getMigration: async ({ up }) => ({ up, down: rejectDown }),
  };
}

async function rejectDown(): Promise<void> {
  throw new Error('Migrations cannot be reverted. Restore a backup instead.');
}
