import { count } from '../../shared/count.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import type { Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import type { Store } from '../store/store.ts';
import { openDatabase } from './open-database.ts';

const maxListed = 1000;

/** Prints the newest dead letters, one per line. */
export async function runMailList(context: Context): Promise<void> {
  await withStore(context, async (store) => {
    const dead = await store.outbox.deadLetters(maxListed);
    const lines = dead.map(({ gaveUpAt, to, subject, error }) =>
      [new Date(gaveUpAt).toISOString(), to, subject, error].join('\t'),
    );
    if (lines.length > 0) await context.stdout.write(`${lines.join('\n')}\n`);
    else context.stderr.write('There are no dead letters.\n');
    if (dead.length === maxListed) context.stderr.write(`Only the newest ${maxListed} dead letters are listed.\n`);
  });
}

/** Queues dead letters for sending again: all of them, or those to one address. */
export async function runMailRetry(context: Context, { to }: { to?: string }): Promise<void> {
  await withStore(context, async (store) => {
    const revived = await store.outbox.revive(systemClock.now(), to);
    context.stderr.write(`${count(revived, 'mail')} will be sent again.\n`);
  });
}

async function withStore(context: Context, work: (store: Store) => Promise<void>): Promise<void> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    await work(store);
  } finally {
    await store.close();
  }
}
