import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { readSmtpUrl, type SmtpSettings } from '../config/smtp-url.ts';

/** Milliseconds. `total` limits a whole send, because a server that replies byte by byte never reaches `idle`. */
export interface SmtpTimeouts {
  connection: number;
  greeting: number;
  idle: number;
  total: number;
}

export const defaultTimeouts: SmtpTimeouts = { connection: 10_000, greeting: 10_000, idle: 30_000, total: 60_000 };

/** Reads `TOKENSD_SMTP_URL`. `ehloName` is used unless the URL names another; null leaves the choice to Nodemailer. */
export function smtpSettings(url: string, ehloName: string | null): SmtpSettings {
  const settings = readSmtpUrl(url);
  return { ...settings, name: settings.name ?? ehloName };
}

/** Returns Nodemailer's options for a connection. */
export function connectionOptions(settings: SmtpSettings, timeouts: SmtpTimeouts): SMTPConnectionOptions {
  const { host, port, secure, name, requireTLS, ignoreTLS, tls, localAddress, timeouts: chosen } = settings;
  return {
    host,
    port,
    secure,
    requireTLS,
    ignoreTLS,
    tls,
    name: name ?? undefined,
    localAddress: localAddress ?? undefined,
    connectionTimeout: chosen.connection ?? timeouts.connection,
    greetingTimeout: chosen.greeting ?? timeouts.greeting,
    socketTimeout: chosen.idle ?? timeouts.idle,
  };
}
