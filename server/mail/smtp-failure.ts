import { hostAndPort } from '../config/listen-address.ts';
import type { SmtpSettings } from '../config/smtp-url.ts';
import { MailFailure } from './mailer.ts';
import { withoutCredentials } from './smtp-credentials.ts';
import { findAdvice, type SmtpError } from './smtp-remedies.ts';

/** Converts an error of Nodemailer. The message says what happened and, if someone has to act, what to do. */
export function toMailFailure(error: unknown, settings: SmtpSettings): MailFailure {
  const known = readError(error);
  const { kind, setting, remedy } = findAdvice(known, settings);
  const what = oneLine(withoutCredentials(describe(known, settings), settings));
  return new MailFailure(remedy === undefined ? what : `${sentence(what)} ${remedy}`, kind, setting ?? null);
}

function readError(error: unknown): SmtpError {
  if (!(error instanceof Error))
    return { message: 'sending failed', code: '', cause: '', command: '', reply: '', replyCode: 0 };
  const { code, originalCode, command, response, responseCode } = error as Record<string, unknown> & Error;
  return {
    message: error.message,
    code: String(code ?? ''),
    cause: String(originalCode ?? code ?? ''),
    command: String(command ?? ''),
    reply: typeof response === 'string' ? response : '',
    replyCode: Number(responseCode || 0),
  };
}

/** Says what happened, without the server's reply to a failed sign-in, because the reply may repeat the credentials. */
function describe(
  { message, code, cause, command, reply, replyCode }: SmtpError,
  { host, port }: SmtpSettings,
): string {
  if (code === 'EAUTH') {
    const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1];
    const codes = [replyCode || null, enhanced].filter(Boolean).join(' ') || message;
    return `the mail server rejected the credentials (${codes})`;
  }
  // Nodemailer repeats some replies: "Invalid HELO. response=504 no: 504 no".
  if (reply !== '') return message.replace(`. response=${reply}: `, ': ');
  if (command !== 'CONN' || cause === code) return message;
  return `no connection to the mail server ${hostAndPort(host, port)}: ${message}`;
}

const maxCharacters = 300;

/** Returns the text on one line and without control characters, because mail servers can reply with anything. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, maxCharacters);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
