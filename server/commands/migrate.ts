import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import type { Context } from '../context.ts';
import { openDatabase } from './open-database.ts';

/** Applies pending schema migrations. */
export async function runMigrate(context: Context): Promise<void> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    const applied = await store.migrate();
    context.stderr.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied ${applied.join(', ')}.\n`);
  } finally {
    await store.close();
  }
}
