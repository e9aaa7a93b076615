import { count } from '../../shared/count.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import type { Context } from '../context.ts';
import { createSharedClock } from '../domain/clock.ts';
import type { DeadLetter, WaitingMail } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { openDatabase } from './open-database.ts';

const maxListed = 1000;

/** Prints the mails that wait, the next to be tried first, and then the newest dead letters. One per line. */
export async function runMailList(context: Context): Promise<void> {
  await withStore(context, async (store) => {
    const waiting = await store.outbox.waiting(maxListed);
    const dead = await store.outbox.deadLetters(maxListed);
    const now = createSharedClock(store.clock).now();
    const lines = [...waiting.map((mail) => waitingLine(mail, now)), ...dead.map(deadLine)];
    if (lines.length > 0) await context.stdout.write(`${lines.join('\n')}\n`);
    else context.stderr.write('No mail waits, and none was given up.\n');
    for (const { length } of [waiting, dead]) {
      if (length === maxListed) context.stderr.write(`Only ${maxListed} mails of each state are listed.\n`);
    }
  });
}

function waitingLine({ leased, dueAt, ...mail }: WaitingMail, now: number): string {
  // A lease that has ended belongs to a daemon that died.
  return leased && dueAt > now ? line('sending', now, mail) : line('waiting', dueAt, mail);
}

function deadLine({ gaveUpAt, ...mail }: DeadLetter): string {
  return line('given-up', gaveUpAt, mail);
}

type ListedMail = Pick<WaitingMail, 'createdAt' | 'attempts' | 'to' | 'subject' | 'error'>;

function line(state: string, at: number, { createdAt, attempts, to, subject, error }: ListedMail): string {
  const why = error ?? (attempts === 0 ? 'not tried yet' : '');
  return [state, time(at), `${attempts}`, time(createdAt), to, subject, why].join('\t');
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** Makes mails due now: dead letters and waiting mails, all of them or those to one address. */
export async function runMailRetry(context: Context, { to }: { to?: string }): Promise<void> {
  await withStore(context, async ({ outbox, clock }) => {
    const now = createSharedClock(clock).now();
    const retried = (await outbox.bringForward(now, to)) + (await outbox.revive(now, to));
    context.stderr.write(`${count(retried, 'mail')} will be sent again.\n`);
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
