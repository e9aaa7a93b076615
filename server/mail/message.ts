import type { SendMailOptions } from 'nodemailer/lib/mailer';
import type { MailRecord } from '../store/records.ts';

/** The message both mailers build. `from` is an address, or `Name <address>`. */
export function toMessage(mail: MailRecord, from: string): SendMailOptions {
  return {
    from,
    // As an object: a string would be parsed as a list of addresses.
    to: { name: '', address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: new Date(mail.createdAt),
    messageId: mail.messageId,
    // RFC 3834 §5: keeps vacation responders quiet.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
