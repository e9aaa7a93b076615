import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import { StoreFailure } from '../knex/failures.ts';
import type { Migration } from './migration.ts';

const table = 'knex_migrations';

/**
 * Applies what is missing, all or nothing, while no other process can; answers the names applied. Rejects if the
 * database has migrations that this program does not know.
 */
export function migrate(engine: Engine, known: readonly Migration[]): Promise<string[]> {
  return engine.migrationTransaction(async (trx) => {
    refuseNewer(await applied(trx), known);
    const config = { tableName: table, migrationSource: sourceOf(known) };
    // Ours is the only lock that counts: knex's own is a row, which a killed process would leave behind for ever.
    await trx.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await trx.migrate.latest(config)) as [number, string[]];
    return names;
  });
}

/** True if exactly the known migrations were applied. Changes nothing. */
export async function schemaIsCurrent(knex: Knex, known: readonly Migration[]): Promise<boolean> {
  const names = new Set(await applied(knex));
  return names.size === known.length && known.every(({ name }) => names.has(name));
}

async function applied(knex: Knex): Promise<string[]> {
  if (!(await knex.schema.hasTable(table))) return [];
  return knex(table).orderBy('id').pluck('name');
}

function refuseNewer(names: string[], known: readonly Migration[]): void {
  const unknown = names.find((name) => !known.some((migration) => migration.name === name));
  if (unknown === undefined) return;
  throw new StoreFailure(
    `The database was written by a newer tokensd (its migration ${unknown} is unknown here). ` +
      'Install that version or a later one, or restore a backup made before the upgrade.',
  );
}

function sourceOf(known: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: async () => [...known],
    getMigrationName: ({ name }) => name,
    getMigration: async ({ up }) => ({ up, down: refuseDown }),
  };
}

async function refuseDown(): Promise<void> {
  throw new Error('Migrations only go forward: restore a backup instead.');
}
