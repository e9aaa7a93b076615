import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { prepareDataDir } from '../data-dir.ts';
import { openStore } from '../store/open.ts';

export function registerMigrate(program: Command, context: Context): void {
  program
    .command('migrate')
    .summary('Bring the database to the newest schema')
    .description('Applies the migrations that are missing. `serve` does the same when it starts.')
    .addHelpText('after', '\nExample:\n  $ tokensd migrate')
    .action(() => runMigrate(context));
}

export async function runMigrate(context: Context): Promise<void> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openStore(config.databaseUrl);
  try {
    const applied = await store.migrate();
    context.stderr.write(applied.length === 0 ? 'The schema is current.\n' : `Applied: ${applied.join(', ')}\n`);
  } finally {
    await store.close();
  }
}
