import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { ehloName, mailSender } from '../config/mail-identity.ts';
import type { Mailer } from '../mail/mailer.ts';
import { createSpoolMailer } from '../mail/spool.ts';

/** Creates the mailer that the settings choose. */
export async function createMailer(config: Config): Promise<Mailer> {
  const { smtpUrl, dataDir } = config;
  const from = mailSender(config);
  if (smtpUrl === null) return createSpoolMailer({ directory: join(dataDir, 'mail'), from });
  // Imported only if configured, because Nodemailer's SMTP client costs memory.
  const { createSmtpMailer } = await import('../mail/smtp.ts');
  return createSmtpMailer({ url: smtpUrl, from, name: ehloName(config) });
}
