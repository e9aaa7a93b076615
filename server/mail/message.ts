import type { SendMailOptions } from 'nodemailer/lib/mailer';
import type { Sender } from '../config/mail-identity.ts';
import type { MailRecord } from '../store/records.ts';

/** Converts a record from the outbox for Nodemailer. */
export function toMessage(mail: MailRecord, from: Sender): SendMailOptions {
  return {
    from,
    // An object, because Nodemailer would parse a string as a list of addresses.
    to: { name: '', address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: new Date(mail.createdAt),
    messageId: mail.messageId,
    // Keeps vacation responders from replying (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
