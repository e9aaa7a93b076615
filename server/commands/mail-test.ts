import { randomUUID } from 'node:crypto';
import { emailSchema } from '../../shared/schemas/common.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { fullDomainOf } from '../config/mail-identity.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { testMail } from '../domain/notifications/test-mail.ts';
import { checkMail } from '../mail/check-mail.ts';
import { renderMail } from '../mail/templates/render.ts';
import { createMailer } from './create-mailer.ts';

/**
 * Checks the mail server, and sends a mail through it without the outbox.
 * @throws CommandError if the mail server does not accept the mail
 */
export async function runMailTest(context: Context, to: string): Promise<void> {
  const recipient = emailSchema.safeParse(to);
  if (!recipient.success) throw new CommandError(`${recipient.error.issues[0]?.message}`, 2);
  const config = readConfig(context.env);
  if (config.smtpUrl === null) prepareDataDir(config.dataDir);
  let failed = false;
  for (const { name, state, detail } of await checkMail(config)) {
    failed ||= state === 'failed';
    await context.stdout.write(`${state.padEnd(7)}  ${name}: ${detail}\n`);
  }
  if (failed) throw new CommandError('The mail was not sent. Correct the settings and try again.', 1);
  await context.stdout.write(`ok       mail: ${await send(config, recipient.data)}\n`);
}

async function send(config: ReturnType<typeof readConfig>, to: string): Promise<string> {
  const id = randomUUID();
  const createdAt = systemClock.now();
  const messageId = `<${id}@${fullDomainOf(config.publicUrl) ?? 'localhost'}>`;
  const mailer = await createMailer(config);
  try {
    const accepted = await mailer.send({
      ...renderMail(testMail(config, createdAt)),
      id,
      to,
      messageId,
      createdAt,
      attempts: 1,
    });
    return config.smtpUrl === null
      ? `Written to ${accepted}.`
      : `The mail server accepted the mail to ${to}, and replied: ${accepted}`;
  } catch (error) {
    throw new CommandError(`The mail to ${to} was not sent: ${error instanceof Error ? error.message : error}`, 1);
  } finally {
    await mailer.close();
  }
}
