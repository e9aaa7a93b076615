import type { SendMailOptions } from 'nodemailer/lib/mailer';
import { encodeWord } from 'nodemailer/lib/mime-funcs';
import type { Sender } from '../config/mail-identity.ts';
import type { MailRecord } from '../store/records.ts';

/**
 * Keeps vacation responders (RFC 3834 §5) and Exchange from replying. There are no List-* fields, because nobody can
 * unsubscribe from mails about their own account.
 */
const automaticHeaders = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

/** Converts a record from the outbox for Nodemailer. */
export function toMessage(mail: MailRecord, from: Sender): SendMailOptions {
  return {
    // Copies, because Nodemailer changes addresses in place.
    from: { ...from },
    // An object, because Nodemailer would parse a string as a list of addresses.
    to: { name: '', address: mail.to },
    text: mail.text,
    html: mail.html,
    date: new Date(mail.createdAt),
    messageId: mail.messageId,
    headers: { Subject: subjectHeader(mail.subject), ...automaticHeaders },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/**
 * Returns the header field of the subject. Nodemailer would encode (RFC 2047) a subject in ASCII if it contains a quotation
 * mark, and filters could not read it. It would also send a text that looks encoded as it is, so that mail programs decode it
 * to characters that the templates removed.
 */
function subjectHeader(subject: string): PreparedHeader {
  const isPlain = /^[\x20-\x7e]+$/.test(subject) && !subject.includes('=?');
  return { prepared: true, foldLines: true, value: isPlain ? subject : encodeWord(subject, 'Q', 52) };
}

interface PreparedHeader {
  prepared: boolean;
  foldLines: boolean;
  value: string;
}
