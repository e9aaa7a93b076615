import { afterEach, describe, expect, it } from 'vitest';
import { createMailer } from '../../server/commands/create-mailer.ts';
import { readConfig } from '../../server/config/config.ts';
import { smtpUrlMistake } from '../../server/config/smtp-url.ts';
import type { MailFailure } from '../../server/mail/mailer.ts';
import type { MailRecord } from '../../server/store/records.ts';
import { startScriptedSmtp } from '../helpers/peers/smtp/scripted-smtp.ts';

const mail: MailRecord = {
  id: 'm1',
  to: 'ada@example.com',
  subject: 'API token was created',
  text: 'text\n',
  html: '<p>HTML</p>',
  messageId: '<m1@tokens.acme.example>',
  createdAt: Date.UTC(2026, 10, 23, 16, 20, 0),
  attempts: 1,
};

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setup {
  credentials?: string;
  query?: string;
  env?: Record<string, string>;
  to?: string;
}

/** Sends a mail through a server with these replies. Returns the failure, or null, and the commands that the server saw. */
async function send(
  replies: Record<string, string>,
  { credentials = '', query = '', env = {}, to = mail.to }: Setup = {},
) {
  const server = await startScriptedSmtp(replies);
  cleanups.push(server.close);
  const mailer = await createMailer(
    readConfig({
      HOME: '/nowhere',
      TOKENSD_PUBLIC_URL: 'https://tokens.acme.example',
      TOKENSD_SMTP_URL: `smtp://${credentials}127.0.0.1:${server.port}${query}`,
      ...env,
    }),
  );
  cleanups.push(mailer.close);
  const failure = await mailer.send({ ...mail, to }).then(
    () => null,
    (error: MailFailure) => error,
  );
  return { failure, commands: server.commands };
}

describe('the name in EHLO', () => {
  it.each([
    ['https://tokens.acme.example', undefined, 'tokens.acme.example'],
    ['https://tokens.acme.example:8443/tokens', undefined, 'tokens.acme.example'],
    ['https://bücher.example', undefined, 'xn--bcher-kva.example'],
    ['http://tokens:8420', 'tokens@acme.example', 'acme.example'],
    ['http://127.0.0.1:8420', '"Acme" <tokens@bücher.example>', 'xn--bcher-kva.example'],
    ['http://10.1.2.3:8420', undefined, '[10.1.2.3]'],
    ['http://[2001:db8::1]:8420', undefined, '[IPv6:2001:db8::1]'],
  ])('is a full domain or an address literal: %s, sender %s', async (TOKENSD_PUBLIC_URL, sender, expected) => {
    const env = { TOKENSD_PUBLIC_URL, ...(sender !== undefined && { TOKENSD_MAIL_FROM: sender }) };
    const { failure, commands } = await send({}, { env });
    expect(failure).toBeNull();
    expect(commands[0]).toBe(`EHLO ${expected}`);
  });

  it('is chosen by the parameter `name`', async () => {
    const { commands } = await send({}, { query: '?name=mx1.acme.example' });
    expect(commands[0]).toBe('EHLO mx1.acme.example');
  });
});

const url = 'TOKENSD_SMTP_URL';
const sender = 'TOKENSD_MAIL_FROM';

describe('a failure that needs a change of the set-up', () => {
  it.each<[Record<string, string>, Setup, string, string]>([
    [{ EHLO: '504 5.5.2 no', HELO: '504 5.5.2 <x>: Helo command rejected' }, {}, url, 'name=HOST'],
    [{ EHLO: '550 bad EHLO' }, { query: '?requireTLS=true' }, url, 'name=HOST'],
    // Postfix reports these only in the reply to RCPT TO, the second and third with a temporary code.
    [{ RCPT: '504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname' }, {}, url, 'name=HOST'],
    [{ RCPT: '450 4.7.1 <tokens.acme.example>: Helo command rejected: Host not found' }, {}, url, 'name=HOST'],
    [{ RCPT: '450 4.1.8 <tokens@x>: Sender address rejected: Domain not found' }, {}, sender, sender],
    [{ RCPT: '550 5.1.0 <tokens@x>: Sender address rejected: User unknown' }, {}, sender, sender],
    [{ RCPT: '550 5.1.8 bad sender' }, {}, sender, sender],
    [{ MAIL: '553 5.7.1 <tokens@x>: not owned by user' }, {}, sender, sender],
    [{ MAIL: '550 not allowed to send as this address' }, {}, sender, sender],
    [
      { MAIL: '530 5.7.0 Must issue a STARTTLS command first' },
      { query: '?ignoreTLS=true' },
      url,
      'remove ignoreTLS=true',
    ],
    [{ MAIL: '530 5.7.0 Authentication required' }, {}, url, 'user name and password'],
    [{ RCPT: '554 5.7.1 <ada@example.com>: Relay access denied' }, {}, url, 'user name and password'],
    [{ EHLO: '250-x\r\n250 STARTTLS', STARTTLS: '501 5.5.4 broken' }, {}, url, 'ignoreTLS=true'],
    [{}, { query: '?requireTLS=true' }, url, 'requireTLS=true'],
    [
      { EHLO: '250-x\r\n250 AUTH PLAIN', AUTH: '535 5.7.8 authentication failed' },
      { credentials: 'mailer:hunter22@' },
      url,
      'Check user name and password',
    ],
    [
      { EHLO: '250-x\r\n250 AUTH GSSAPI', AUTH: '504 5.5.4 no' },
      { credentials: 'mailer:hunter22@' },
      url,
      'authMethod',
    ],
  ])('names the setting and the remedy: %j %j', async (replies, setup, setting, remedy) => {
    const { failure } = await send(replies, setup);
    expect(failure).toMatchObject({ name: 'MailFailure', kind: 'set-up', setting });
    expect(failure?.message).toContain(remedy);
    expect(failure?.message).not.toContain('hunter22');
  });

  it('names the other scheme if the port does not start with TLS', async () => {
    const { port, close } = await startScriptedSmtp();
    cleanups.push(close);
    const { failure } = await send({}, { env: { TOKENSD_SMTP_URL: `smtps://127.0.0.1:${port}` } });
    expect(failure).toMatchObject({ kind: 'set-up', setting: url });
    expect(failure?.message).toContain('use smtp://');
  });

  it('names the host if it does not exist', async () => {
    const { failure } = await send({}, { env: { TOKENSD_SMTP_URL: 'smtp://mail.invalid:587' } });
    expect(failure?.message).toContain('mail.invalid:587');
  });
});

describe('any other failure', () => {
  it.each([
    { EHLO: '421 4.3.2 shutting down' },
    { MAIL: '451 4.3.0 try later' },
    { MAIL: '452 4.3.1 insufficient storage' },
    { MAIL: '552 5.3.4 message too big' },
    { RCPT: '450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted' },
    { RCPT: '452 4.2.2 mailbox full' },
    { RCPT: '554 5.7.1 Client host [192.0.2.1] blocked using a list' },
    { DATA: '451 4.7.1 greylisted' },
    { '.': '554 5.6.0 looks like spam' },
    { EHLO: '250-x\r\n250 STARTTLS', STARTTLS: '454 4.7.0 TLS not available' },
  ])('is an outage, after which the mail is sent: %j', async (replies) => {
    const { failure } = await send(replies);
    expect(failure).toMatchObject({ name: 'MailFailure', kind: 'outage', setting: null });
  });

  it('is an outage if nothing listens, and names the setting', async () => {
    const { failure } = await send({}, { env: { TOKENSD_SMTP_URL: 'smtp://127.0.0.1:1' } });
    expect(failure).toMatchObject({ kind: 'outage', setting: null });
    expect(failure?.message).toContain('If this lasts, check host and port in TOKENSD_SMTP_URL');
  });

  it('is an outage if the sign-in is temporarily unavailable', async () => {
    const replies = { EHLO: '250-x\r\n250 AUTH PLAIN', AUTH: '454 4.7.0 Temporary authentication failure' };
    const { failure } = await send(replies, { credentials: 'mailer:hunter22@' });
    expect(failure).toMatchObject({ kind: 'outage' });
  });
});

describe('an error message', () => {
  const blob = (text: string) => Buffer.from(text).toString('base64');

  it.each(['hunter22', blob('\0mailer\0hunter22'), blob('hunter22'), blob('hunter22').replace(/=+$/, '')])(
    'does not repeat a credential that the server repeats: %s',
    async (secret) => {
      const replies = { EHLO: '250-x\r\n250 AUTH PLAIN LOGIN', MAIL: `550 5.7.1 not you: ${secret}` };
      const { failure } = await send(replies, { credentials: 'mailer:hunter22@' });
      expect(failure?.message).toContain('550 5.7.1 not you: ***');
      expect(failure?.message).not.toContain(secret);
    },
  );

  it('contains the reply once', async () => {
    const { failure } = await send({ EHLO: '504 5.5.2 no', HELO: '504 5.5.2 no <x>' });
    expect(failure?.message).toMatch(/^Invalid HELO: 504 5\.5\.2 no <x>\. The server/);
  });

  it('is one short line, whatever the server replies', async () => {
    const { failure } = await send({ MAIL: `550-\u001b[31mred\u0000\r\n550-${'x'.repeat(5000)}\r\n550 end` });
    expect(failure?.message).not.toMatch(/\p{C}/u);
    expect(failure?.message.length).toBeLessThan(500);
  });
});

describe('an international address', () => {
  it('is sent with its domain in ASCII', async () => {
    const { failure, commands } = await send({}, { to: 'ada@bücher.example' });
    expect(failure).toBeNull();
    expect(commands).toContain('RCPT TO:<ada@xn--bcher-kva.example>');
  });

  it('is sent with SMTPUTF8 if its mailbox is not ASCII', async () => {
    const { failure, commands } = await send({ EHLO: '250-x\r\n250 SMTPUTF8' }, { to: 'ädä@example.com' });
    expect(failure).toBeNull();
    expect(commands.find((line) => line.startsWith('MAIL FROM'))).toContain('SMTPUTF8');
    expect(commands).toContain('RCPT TO:<ädä@example.com>');
  });
});

describe('TOKENSD_SMTP_URL', () => {
  it.each([
    'smtp://mail.example.com',
    'smtps://user:pass@mail.example.com:465/',
    'smtp://u%40x:p%2Fw@[::1]:25?requireTLS=true&name=a.example&tls.servername=b.example',
    'smtp://mail.example.com?tls.rejectUnauthorized=false&ignoreTLS=true&authMethod=login&localAddress=10.0.0.1',
  ])('accepts %s', (text) => {
    expect(smtpUrlMistake(text)).toBeNull();
  });

  it.each([
    ['mail.example.com:25', 'must be a URL'],
    ['http://mail.example.com', 'must be a URL'],
    ['smtp://', 'must be a URL'],
    ['smtp://user:p/w@mail.example.com', '%2F'],
    ['smtp://user:12#w@mail.example.com', '%23'],
    ['smtp://user@mail.example.com', 'no password'],
    ['smtp://mail.example.com?rejectUnauthorized=false', 'unknown parameter "rejectUnauthorized"'],
    ['smtp://mail.example.com?tls.rejectUnauthorized=0', 'true or false'],
    ['smtp://mail.example.com?ignoreTLS=no', 'true or false'],
    ['smtp://mail.example.com?constructor=x', 'unknown parameter'],
    ['smtp://mail.example.com?name=', 'name'],
  ])('rejects %s', (text, reason) => {
    expect(smtpUrlMistake(text)).toContain(reason);
  });
});
