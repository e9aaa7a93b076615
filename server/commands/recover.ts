import { emailSchema } from '../../shared/schemas/common.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { createSharedClock } from '../domain/clock.ts';
import { recoveryUrl } from '../domain/sign-in/recovery/recovery.ts';
import { createServices } from '../services.ts';
import { openDatabase } from './open-database.ts';

export interface RecoverOptions {
  email: string;
}

/**
 * Prints a link on stdout that makes a member an Organization Superuser with a new password, and what it does on stderr. Needs
 * only the database: a daemon may run, and sends the mails to the superusers.
 *
 * @throws CommandError 2 for an invalid email address
 */
export async function runRecover(context: Context, { email }: RecoverOptions): Promise<void> {
  const config = readConfig(context.env);
  const parsed = emailSchema.safeParse(email);
  if (!parsed.success) throw new CommandError(parsed.error.issues.map((issue) => issue.message).join('\n'), 2);
  prepareDataDir(config.dataDir);
  const store = await openDatabase(config);
  try {
    await store.migrate();
    const { recovery } = createServices({ store, clock: createSharedClock(store.clock), config, mailQueued: () => {} });
    const { secret, expiresAt, isMember } = await recovery.begin(parsed.data);
    const account = isMember ? parsed.data : `${parsed.data}, who becomes a new member,`;
    context.stderr.write(
      `Open this link to make ${account} an Organization Superuser with a new password and no second factor.\n` +
        `It works once, until ${new Date(expiresAt).toISOString()}. Earlier recovery links no longer work. Every superuser gets a mail.\n`,
    );
    context.stdout.write(`${recoveryUrl(config.publicUrl, secret)}\n`);
  } finally {
    await store.close();
  }
}
