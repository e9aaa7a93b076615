import type { SmtpSettings } from '../config/smtp-url.ts';
import type { MailFailureKind } from './mailer.ts';

/** What Nodemailer knows about a failure. */
export interface SmtpError {
  message: string;
  /** Nodemailer's code, such as `EAUTH`. */
  code: string;
  /** The code of the operating system or of OpenSSL, such as `ECONNREFUSED`; otherwise the same as `code`. */
  cause: string;
  /** The step that failed: `CONN`, `EHLO`, `STARTTLS`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA` or `API`. */
  command: string;
  /** The server's reply; empty if there was none. */
  reply: string;
  /** Zero if there was no reply. */
  replyCode: number;
}

export interface Advice {
  kind: MailFailureKind;
  setting?: 'TOKENSD_SMTP_URL' | 'TOKENSD_MAIL_FROM';
  remedy?: string;
}

interface Rule {
  when(error: SmtpError, settings: SmtpSettings): boolean;
  advice: Advice | ((settings: SmtpSettings) => Advice);
}

/** Returns what kind of failure it is, and what to do about it. */
export function findAdvice(error: SmtpError, settings: SmtpSettings): Advice {
  const advice = rules.find(({ when }) => when(error, settings))?.advice ?? { kind: 'outage' };
  return typeof advice === 'function' ? advice(settings) : advice;
}

const inUrl = (remedy: string): Advice => ({ kind: 'set-up', setting: 'TOKENSD_SMTP_URL', remedy });
const inSender = (remedy: string): Advice => ({ kind: 'set-up', setting: 'TOKENSD_MAIL_FROM', remedy });

const permanent = ({ replyCode }: SmtpError) => replyCode >= 500 && replyCode < 600;
const during =
  (...commands: string[]) =>
  (error: SmtpError) =>
    commands.some((command) => error.command.startsWith(command));
const isPermanentDuring =
  (...commands: string[]) =>
  (error: SmtpError) =>
    permanent(error) && during(...commands)(error);

const objection = /reject|refus|invalid|denied|need|not |unknown|bad|resolve|illegal/i;
/** Replies to RCPT TO about the mailbox itself (RFC 5321 §4.2.2, RFC 7504). */
const mailboxRejections = [550, 551, 553, 556];
/**
 * Rejections that are not about the mailbox, although their reply code says so (RFC 3463): the sender's address (5.1.7,
 * 5.1.8), a full mailbox (5.2.2), and a policy such as a block list or a missing right to relay (5.7).
 */
const notAboutTheMailbox = /^\d{3}[ -]5\.(?:7\.\d+|2\.2|1\.[78])\b|\brelay/i;

/**
 * The known failures, in the order in which they are tried. Some are recognized by the text of the reply,
 * because servers such as Postfix report every objection as late as RCPT TO, and some of them with a temporary code.
 */
const rules: readonly Rule[] = [
  { when: ({ cause }) => cause === 'ENOTFOUND', advice: inUrl('Check the host name in TOKENSD_SMTP_URL.') },
  {
    when: ({ cause }) => /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(cause),
    advice: ({ port }) => inUrl(`The server does not start with TLS on port ${port}: use smtp:// in TOKENSD_SMTP_URL.`),
  },
  {
    when: ({ cause, command }, { secure, port }) =>
      cause === 'ETIMEDOUT' && command === 'CONN' && !secure && port === 465,
    advice: inUrl('Port 465 starts with TLS: use smtps:// in TOKENSD_SMTP_URL.'),
  },
  {
    when: ({ cause }) => /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_UNTRUSTED|CERT_SIGNATURE/.test(cause),
    advice: inUrl(
      'Name a file with the issuer of its certificate in NODE_EXTRA_CA_CERTS, or add tls.rejectUnauthorized=false to TOKENSD_SMTP_URL to accept any certificate.',
    ),
  },
  {
    when: ({ cause }) => cause === 'ERR_TLS_CERT_ALTNAME_INVALID',
    advice: inUrl(
      'Use a host name that the certificate contains in TOKENSD_SMTP_URL, or add it as tls.servername=NAME.',
    ),
  },
  {
    when: ({ cause }) => /^CERT_|^ERR_SSL_|^ERR_TLS_/.test(cause),
    advice: inUrl('Ask the administrator of the mail server in TOKENSD_SMTP_URL to mend its TLS.'),
  },
  {
    when: isPermanentDuring('STARTTLS'),
    advice: ({ requireTLS }) =>
      requireTLS
        ? inUrl('The server has no STARTTLS, which requireTLS=true in TOKENSD_SMTP_URL demands.')
        : inUrl('Add ignoreTLS=true to TOKENSD_SMTP_URL to send without encryption.'),
  },
  {
    when: (error) =>
      isPermanentDuring('EHLO', 'HELO')(error) ||
      (/\b(?:helo|ehlo)\b/i.test(error.reply) && objection.test(error.reply)),
    advice: ({ name }) =>
      inUrl(
        `The server does not accept the name ${name ?? 'of this machine'}: add name=HOST to TOKENSD_SMTP_URL, with a full domain name of this machine.`,
      ),
  },
  {
    when: ({ replyCode, reply }) =>
      replyCode === 530 || (replyCode === 538 && reply !== '') || /must issue (?:a )?starttls/i.test(reply),
    advice: ({ auth, ignoreTLS }) =>
      ignoreTLS
        ? inUrl('The server wants TLS: remove ignoreTLS=true from TOKENSD_SMTP_URL.')
        : auth === null
          ? inUrl('Add the user name and password that the server wants to TOKENSD_SMTP_URL.')
          : inUrl('The server offered no sign-in or no TLS: check host and port in TOKENSD_SMTP_URL.'),
  },
  {
    when: (error) => error.code === 'EAUTH' && error.replyCode === 504,
    advice: inUrl(
      'The server does not support this way of signing in: name one that it offers as authMethod in TOKENSD_SMTP_URL.',
    ),
  },
  {
    when: (error) => error.code === 'EAUTH' && (error.replyCode === 0 || permanent(error)),
    advice: inUrl('Check user name and password in TOKENSD_SMTP_URL.'),
  },
  {
    when: (error) => /sender address rejected|^\d{3}[ -][45]\.1\.[78]\b/i.test(error.reply),
    advice: inSender('Set TOKENSD_MAIL_FROM to an address that the mail server accepts as a sender.'),
  },
  {
    when: (error) => isPermanentDuring('MAIL FROM')(error) && error.replyCode !== 552,
    advice: inSender('Set TOKENSD_MAIL_FROM to an address that the mail server accepts as a sender.'),
  },
  {
    when: (error) => permanent(error) && /\brelay/i.test(error.reply),
    advice: ({ auth }) =>
      auth === null
        ? inUrl(
            'Add the user name and password of the mail server to TOKENSD_SMTP_URL, or have its administrator allow this machine to send.',
          )
        : inUrl('Have the administrator of the mail server allow the user in TOKENSD_SMTP_URL to send.'),
  },
  {
    when: (error) =>
      error.command === 'RCPT TO' &&
      mailboxRejections.includes(error.replyCode) &&
      !notAboutTheMailbox.test(error.reply),
    advice: { kind: 'recipient' },
  },
  {
    when: ({ command, reply }) => command === 'CONN' && reply === '',
    advice: { kind: 'outage', remedy: 'If this lasts, check host and port in TOKENSD_SMTP_URL, and the network.' },
  },
];
