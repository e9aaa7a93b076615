import { readConfig } from '../../config/config.ts';
import { prepareDataDir } from '../../config/data-dir.ts';
import type { Context } from '../../context.ts';
import { createSharedClock } from '../../domain/clock.ts';
import { createServices } from '../../services.ts';
import type { Store } from '../../store/store.ts';
import { openDatabase } from '../open-database.ts';

/**
 * Opens the database for a command that changes members. A daemon may run beside it. `sharesCounts` is true if the
 * database counts failed sign-ins. On SQLite the daemon counts them in memory.
 */
export async function withServices<T>(
  context: Context,
  work: (
    parts: ReturnType<typeof createServices> & { store: Store; issuerInSettings: string | null; sharesCounts: boolean },
  ) => Promise<T>,
): Promise<T> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    const services = createServices({ store, clock: createSharedClock(store.clock), config, mailQueued: () => {} });
    const sharesCounts = !config.databaseUrl.startsWith('sqlite:');
    return await work({ ...services, store, issuerInSettings: config.oidc?.issuer ?? null, sharesCounts });
  } finally {
    await store.close();
  }
}
