import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { prepareDataDir } from '../data-dir.ts';
import { systemClock } from '../domain/clock.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

const listedAtOnce = 1000;

export function registerMail(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('Look at mails that were given up, and send them again')
    .description('Mails that could not be delivered. The daemon may run; it sends what is retried within a second.')
    .action(() => mail.outputHelp());
  mail
    .command('list')
    .summary('List mails that were given up')
    .description('One line a mail, newest first: when it was given up, for whom, subject, and the last error.')
    .addHelpText('after', '\nExample:\n  $ tokensd mail list')
    .action(() => runMailList(context));
  mail
    .command('retry')
    .summary('Send mails that were given up again')
    .description('Puts mails that were given up back into the queue, as if they had never been tried.')
    .option('--to <email>', 'only those to this address')
    .addHelpText('after', '\nExamples:\n  $ tokensd mail retry\n  $ tokensd mail retry --to ada@example.com')
    .action((options: { to?: string }) => runMailRetry(context, options));
}

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
