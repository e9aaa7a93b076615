import type { Config } from '../config/config.ts';

/**
 * Returns what a person at the terminal wants to know once the daemon listens: where to open the console, and where mails
 * go. The log says the same to programs.
 */
export function announcement({
  publicUrl,
  smtpUrl,
  dataDir,
}: Pick<Config, 'publicUrl' | 'smtpUrl' | 'dataDir'>): string {
  const mail =
    smtpUrl === null
      ? `Mails are written to ${dataDir}/mail, because TOKENSD_SMTP_URL is not set.`
      : `Mails are sent through ${new URL(smtpUrl).host}.`;
  return `\nOpen the console at ${publicUrl}\n${mail}\nPress Ctrl-C to stop.\n\n`;
}
