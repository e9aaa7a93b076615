import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import { StoreFailure } from '../knex/failures.ts';
import type { Migration } from './migration.ts';

const table = 'knex_migrations';
const compatibilityTable = 'compatibility';

/**
 * Applies the missing migrations in one transaction under the migration lock. Returns the names applied.
 *
 * @throws StoreFailure if the database has a migration that this program does not know and cannot work with
 */
export function migrate(engine: Engine, known: readonly Migration[]): Promise<string[]> {
  return engine.migrationTransaction(async (trx) => {
    const before = await applied(trx);
    const incompatible = await findIncompatible(trx, before, known);
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

/** Returns whether this program can use the schema: no migration is missing, and no newer one excludes it. */
export async function schemaIsCurrent(knex: Knex, known: readonly Migration[]): Promise<boolean> {
  const names = await applied(knex);
  if (!known.every(({ name }) => names.includes(name))) return false;
  return (await findIncompatible(knex, names, known)) === undefined;
}

async function applied(knex: Knex): Promise<string[]> {
  if (!(await knex.schema.hasTable(table))) return [];
  return knex(table).orderBy('id').pluck('name');
}

/**
 * Returns the first applied migration that makes this program too old for the schema: the program knows neither this
 * migration nor the one in its `works_from`. Returns undefined if there is no such migration.
 */
async function findIncompatible(knex: Knex, names: string[], known: readonly Migration[]): Promise<string | undefined> {
  const knows = (name: string | undefined) => known.some((migration) => migration.name === name);
  const unknown = names.filter((name) => !knows(name));
  if (unknown.length === 0) return undefined;
  if (!(await knex.schema.hasTable(compatibilityTable))) return unknown[0];
  const rows: Array<{ migration: string; works_from: string }> = await knex(compatibilityTable);
  const worksFrom = new Map(rows.map((row) => [row.migration, row.works_from]));
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
