import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { ehloName, mailSender } from '../config/mail-identity.ts';
import type { ErasedFromMails } from '../domain/accounts/erasure/erasures.ts';
import { deleteSpooledMailsNaming } from '../mail/erase-spooled.ts';
import type { Mailer } from '../mail/mailer.ts';
import { createSpoolMailer, deleteSpooledMails } from '../mail/spool.ts';

/** Returns the directory of the mails that a daemon without a mail server writes. */
function spoolDirectory(dataDir: string): string {
  return join(dataDir, 'mail');
}

/** Deletes the files of mails that were written before `before`, also if there is a mail server by now. */
export function deleteMailFiles({ dataDir }: Pick<Config, 'dataDir'>, before: number): Promise<void> {
  return deleteSpooledMails(spoolDirectory(dataDir), before);
}

/** Deletes the files of mails that contain one of these addresses, also if there is a mail server by now. */
export function deleteMailFilesNaming(
  { dataDir }: Pick<Config, 'dataDir'>,
  erased: readonly ErasedFromMails[],
): Promise<void> {
  return deleteSpooledMailsNaming(spoolDirectory(dataDir), erased);
}

/** Creates the mailer that the settings choose. */
export async function createMailer(config: Config): Promise<Mailer> {
  const { smtpUrl, dataDir } = config;
  const from = mailSender(config);
  if (smtpUrl === null) return createSpoolMailer({ directory: spoolDirectory(dataDir), from });
  // Imported only if configured, because Nodemailer's SMTP client costs memory.
  const { createSmtpMailer } = await import('../mail/smtp.ts');
  return createSmtpMailer({ url: smtpUrl, from, name: ehloName(config) });
}
