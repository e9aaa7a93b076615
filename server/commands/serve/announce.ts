import type { Config } from '../../config/config.ts';
import { listenText } from '../../config/listen-address.ts';

/**
 * Returns what a person at the terminal wants to know once the daemon listens: where to open the console, and where mails
 * go. The log says the same to programs.
 */
export function announcement({
  publicUrl,
  internalListen,
  smtpUrl,
  dataDir,
}: Pick<Config, 'publicUrl' | 'internalListen' | 'smtpUrl' | 'dataDir'>): string {
  const mail =
    smtpUrl === null
      ? `Mails are written to ${dataDir}/mail, because TOKENSD_SMTP_URL is not set.`
      : `Mails are sent through ${new URL(smtpUrl).host}.`;
  const proxies = internalListen === null ? '' : `Proxies verify tokens at ${listenText(internalListen)}\n`;
  return `\nOpen the console at ${publicUrl}\n${proxies}${mail}\nPress Ctrl-C to stop.\n\n`;
}
