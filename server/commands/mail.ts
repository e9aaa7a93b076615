import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import type { Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

const listedAtOnce = 1000;

export async function runMailList(context: Context): Promise<void> {
  await withStore(context, async (store) => {
    const dead = await store.outbox.deadLetters(listedAtOnce);
    for (const { gaveUpAt, to, subject, error } of dead) {
      context.stdout.write(`${[new Date(gaveUpAt).toISOString(), to, subject, error].join('\t')}\n`);
    }
    if (dead.length === 0) context.stderr.write('No mail was given up.\n');
    else if (dead.length === listedAtOnce) context.stderr.write(`Only the newest ${listedAtOnce} are shown.\n`);
  });
}

export async function runMailRetry(context: Context, { to }: { to?: string }): Promise<void> {
  await withStore(context, async (store) => {
    const revived = await store.outbox.revive(systemClock.now(), to);
    context.stderr.write(`${revived === 1 ? '1 mail' : `${revived} mails`} will be sent again.\n`);
  });
}

async function withStore(context: Context, work: (store: Store) => Promise<void>): Promise<void> {
  const config = readConfig(context.env);
  prepareDataDir(config.dataDir);
  const store = await openStore(config.databaseUrl);
  try {
    await store.migrate();
    await work(store);
  } finally {
    await store.close();
  }
}
