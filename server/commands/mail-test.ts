import { randomUUID } from 'node:crypto';
import { emailSchema } from '../../shared/schemas/common.ts';
import { type Config, readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { fullDomainOf } from '../config/mail-identity.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { testMail } from '../domain/notifications/test-mail.ts';
import { checkMail } from '../mail/check-mail.ts';
import { renderMail } from '../mail/templates/render.ts';
import { type Check, formatChecks } from './check/check.ts';
import { createMailer } from './create-mailer.ts';

/**
 * Checks the mail server, sends a mail through it without the outbox, and prints one line per step.
 *
 * @throws CommandError 1 without a message, if the mail was not sent
 */
export async function runMailTest(context: Context, to: string): Promise<void> {
  const config = readConfig(context.env);
  const recipient = emailSchema.safeParse(to);
  if (!recipient.success) throw new CommandError(`${recipient.error.issues[0]?.message}`, 2);
  if (config.smtpUrl === null) prepareDataDir(config.dataDir);
  const checks: Check[] = await checkMail(config);
  if (!hasFailed(checks)) checks.push(await send(config, recipient.data));
  await context.stdout.write(formatChecks(checks));
  if (hasFailed(checks)) throw new CommandError('', 1);
}

async function send(config: Config, to: string): Promise<Check> {
  const mailer = await createMailer(config);
  const id = randomUUID();
  const createdAt = systemClock.now();
  const messageId = `<${id}@${fullDomainOf(config.publicUrl) ?? 'localhost'}>`;
  const mail = { ...renderMail(testMail(config, createdAt)), id, to, messageId, createdAt, attempts: 1 };
  try {
    const receipt = await mailer.send(mail);
    const accepted = `The mail server accepted the mail to ${to}, and replied: ${receipt}`;
    return { name: 'mail', state: 'ok', detail: config.smtpUrl === null ? `Written to ${receipt}.` : accepted };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: 'mail', state: 'failed', detail: `The mail to ${to} was not sent: ${reason}` };
  } finally {
    await mailer.close();
  }
}

function hasFailed(checks: readonly Check[]): boolean {
  return checks.some(({ state }) => state === 'failed');
}
