import { unescape as percentDecoded } from 'node:querystring';
import { domainToASCII } from 'node:url';
import { parseUrl } from '../../shared/urls.ts';

/** What `TOKENSD_SMTP_URL` says: the mail server, the credentials, and how to talk to it. */
export interface SmtpSettings {
  host: string;
  port: number;
  /** Whether the connection begins with TLS (`smtps://`). */
  secure: boolean;
  /** Null: no sign-in at the mail server. */
  auth: { user: string; pass: string } | null;
  /** The name to use in EHLO; null: derived from the public URL. */
  name: string | null;
  requireTLS: boolean;
  ignoreTLS: boolean;
  tls: { rejectUnauthorized?: boolean; servername?: string };
  /** SASL mechanism, such as `LOGIN`; null: the first that the mail server offers. */
  authMethod: string | null;
  /** IP address to connect from; null: the operating system chooses. */
  localAddress: string | null;
  /** Milliseconds; null: the default of the mailer. */
  timeouts: { connection: number | null; greeting: number | null; idle: number | null };
}

/** The URL parameters that `TOKENSD_SMTP_URL` may have, with the pattern of their values and what the message says. */
const parameters: Readonly<Record<string, { pattern: RegExp; is: string }>> = {
  name: { pattern: /^[^\s\p{C}]{1,255}$/u, is: 'a host name' },
  requireTLS: { pattern: /^(?:true|false)$/, is: 'true or false' },
  ignoreTLS: { pattern: /^(?:true|false)$/, is: 'true or false' },
  'tls.rejectUnauthorized': { pattern: /^(?:true|false)$/, is: 'true or false' },
  'tls.servername': { pattern: /^[^\s\p{C}]{1,255}$/u, is: 'a host name' },
  authMethod: { pattern: /^(?:PLAIN|LOGIN|CRAM-MD5)$/i, is: 'PLAIN, LOGIN or CRAM-MD5' },
  localAddress: { pattern: /^[0-9A-Fa-f.:]+$/, is: 'an IP address' },
  connectionTimeout: { pattern: /^[1-9][0-9]{0,6}$/, is: 'a number of milliseconds' },
  greetingTimeout: { pattern: /^[1-9][0-9]{0,6}$/, is: 'a number of milliseconds' },
  socketTimeout: { pattern: /^[1-9][0-9]{0,6}$/, is: 'a number of milliseconds' },
};

const ports: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/** Returns why the text is no usable URL of a mail server, as the end of the sentence "TOKENSD_SMTP_URL …"; null if it is one. */
export function smtpUrlMistake(text: string): string | null {
  const url = parseUrl(text);
  if (url === null || ports[url.protocol] === undefined || url.hostname === '') {
    return 'must be a URL such as smtp://user:password@mail.example.com:587 (write special characters of the password as %2F, %23, …)';
  }
  if (!['', '/'].includes(url.pathname) || url.hash !== '') {
    return 'must have nothing after the port but parameters (write / ? # in the password as %2F %3F %23)';
  }
  if (url.username !== '' && url.password === '') return 'names a user, but no password';
  for (const [name, value] of url.searchParams) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) {
      return `has the unknown parameter ${JSON.stringify(name)} (known: ${Object.keys(parameters).join(', ')})`;
    }
    if (!parameter.pattern.test(value)) return `must give its parameter ${name} as ${parameter.is}`;
  }
  return null;
}

/** Reads a URL that `smtpUrlMistake` accepts. */
export function readSmtpUrl(text: string): SmtpSettings {
  const url = new URL(text);
  const given = (name: string) => url.searchParams.get(name);
  const milliseconds = (name: string) => (given(name) === null ? null : Number(given(name)));
  const servername = given('tls.servername');
  return {
    host: hostOf(url),
    port: url.port === '' ? (ports[url.protocol] ?? 587) : Number(url.port),
    secure: url.protocol === 'smtps:',
    auth: url.username === '' ? null : { user: percentDecoded(url.username), pass: percentDecoded(url.password) },
    name: given('name'),
    requireTLS: given('requireTLS') === 'true',
    ignoreTLS: given('ignoreTLS') === 'true',
    tls: {
      ...(given('tls.rejectUnauthorized') === 'false' && { rejectUnauthorized: false }),
      ...(servername !== null && { servername }),
    },
    authMethod: given('authMethod'),
    localAddress: given('localAddress'),
    timeouts: {
      connection: milliseconds('connectionTimeout'),
      greeting: milliseconds('greetingTimeout'),
      idle: milliseconds('socketTimeout'),
    },
  };
}

/** Returns the host without brackets, and an internationalized one in ASCII: `URL` does that for web addresses only. */
function hostOf({ hostname }: URL): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return domainToASCII(percentDecoded(hostname)) || hostname;
}
