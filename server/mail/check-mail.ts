import { join } from 'node:path';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { isLoopback } from '../../shared/urls.ts';
import type { Config } from '../config/config.ts';
import { hostAndPort } from '../config/listen-address.ts';
import { ehloName } from '../config/mail-identity.ts';
import type { SmtpSettings } from '../config/smtp-url.ts';
import { checkSender, type MailCheck } from './check-sender.ts';
import { toMailFailure } from './smtp-failure.ts';
import { connectionOptions, smtpSettings } from './smtp-options.ts';

type MailConfig = Pick<Config, 'smtpUrl' | 'mailFrom' | 'publicUrl' | 'organization' | 'dataDir'>;

/** Shorter than for sending, because someone waits for the result. */
const timeouts = { connection: 5_000, greeting: 5_000, idle: 5_000, total: 9_000 };

/**
 * Checks the sender address, and the mail server up to and including STARTTLS and sign-in. Sends no mail. Takes at
 * most 9 seconds, and never throws because of the mail server.
 */
export async function checkMail(config: MailConfig): Promise<MailCheck[]> {
  return [checkSender(config), ...(await checkServer(config))];
}

async function checkServer(config: MailConfig): Promise<MailCheck[]> {
  if (config.smtpUrl === null) {
    const detail = `Mails are not sent, but written to ${join(config.dataDir, 'mail')}. Set TOKENSD_SMTP_URL to send them.`;
    return [{ name: 'mail server', state: 'warning', detail }];
  }
  const settings = smtpSettings(config.smtpUrl, ehloName(config));
  const connection = new SMTPConnection(connectionOptions(settings, timeouts));
  const timer = setTimeout(() => connection.close(), timeouts.total);
  const checks: MailCheck[] = [];
  try {
    await connect(connection);
    checks.push(serverCheck(connection, settings));
    checks.push(...(await signIn(connection, settings)));
    connection.quit();
  } catch (error) {
    const name = checks.length === 0 ? 'mail server' : 'mail sign-in';
    checks.push({ name, state: 'failed', detail: capitalized(toMailFailure(error, settings).message) });
  } finally {
    clearTimeout(timer);
    connection.close();
  }
  return checks;
}

/** Connects, says EHLO and starts TLS. Resolves once the connection is ready. */
function connect(connection: SMTPConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject);
    connection.once('end', () => reject(new Error(`no complete answer within ${timeouts.total / 1000} seconds`)));
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

function serverCheck(connection: SMTPConnection, { host, port, tls }: SmtpSettings): MailCheck {
  const check = { name: 'mail server' };
  const reached = `${hostAndPort(host, port)} answers`;
  if (!connection.secure && isLoopback(host.includes(':') ? `[${host}]` : host))
    return { ...check, state: 'ok', detail: `${reached}.` };
  if (!connection.secure) {
    const detail = `${reached}, but the connection is not encrypted. Add requireTLS=true to TOKENSD_SMTP_URL if the server has STARTTLS.`;
    return { ...check, state: 'warning', detail };
  }
  if (tls.rejectUnauthorized === false) {
    const detail = `${reached} with TLS, but any certificate is accepted because of tls.rejectUnauthorized=false in TOKENSD_SMTP_URL.`;
    return { ...check, state: 'warning', detail };
  }
  return { ...check, state: 'ok', detail: `${reached} with TLS and a valid certificate.` };
}

async function signIn(connection: SMTPConnection, { auth, authMethod }: SmtpSettings): Promise<MailCheck[]> {
  if (auth === null) return [];
  const check = { name: 'mail sign-in' };
  if (!connection.allowsAuth) {
    const detail =
      'The mail server offers no sign-in, so the user name and password in TOKENSD_SMTP_URL are not used. Remove them, or check host and port.';
    return [{ ...check, state: 'warning', detail }];
  }
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    const credentials = { user: auth.user, pass: auth.pass, method: authMethod ?? undefined };
    connection.login(credentials, (error) => (error ? reject(error) : resolve()));
  });
  return [{ ...check, state: 'ok', detail: `The mail server accepts the user name ${auth.user} and its password.` }];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
