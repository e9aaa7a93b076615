import type { Config } from '../config/config.ts';
import { isFullDomain, mailSender } from '../config/mail-identity.ts';

/** The result of one check, for one line of output. */
export interface MailCheck {
  name: string;
  state: 'ok' | 'warning' | 'failed';
  /** One or two sentences with the finding and the remedy. */
  detail: string;
}

/** Checks whether mail servers can accept the sender address. The daemon logs the warning at start. */
export function checkSender({
  smtpUrl,
  mailFrom,
  organization,
}: Pick<Config, 'smtpUrl' | 'mailFrom' | 'organization'>): MailCheck {
  const { name, address } = mailSender({ mailFrom, organization });
  const check = { name: 'mail sender' };
  if (smtpUrl !== null && !isFullDomain(address.split('@').at(-1) ?? '')) {
    const detail = `Many mail servers reject the sender ${address}, because its domain is incomplete. Set TOKENSD_MAIL_FROM to an address in a domain of yours.`;
    return { ...check, state: 'warning', detail };
  }
  return { ...check, state: 'ok', detail: `Mails come from "${name}" <${address}>.` };
}
