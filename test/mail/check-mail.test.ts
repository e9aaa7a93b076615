import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, it } from 'vitest';
import { readConfig } from '../../server/config/config.ts';
import { checkMail } from '../../server/mail/check-mail.ts';
import { selfSignedCertificate } from '../helpers/peers/certificate.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

/** Starts a mail server, and checks it with a `TOKENSD_SMTP_URL` that has these credentials and parameters. */
async function check(options: SMTPServerOptions, { credentials = '', query = '', scheme = 'smtp' } = {}) {
  const { port, close } = await startMailServer(0, options);
  cleanups.push(close);
  return checkUrl(`${scheme}://${credentials}127.0.0.1:${port}${query}`);
}

async function checkUrl(smtpUrl: string, env: Record<string, string> = {}) {
  const checks = await checkMail(
    readConfig({
      HOME: '/nowhere',
      TOKENSD_PUBLIC_URL: 'https://tokens.acme.example',
      TOKENSD_SMTP_URL: smtpUrl,
      ...env,
    }),
  );
  return checks.map(({ name, state, detail }) => `${state}: ${name}: ${detail}`);
}

const withTls: SMTPServerOptions = { disabledCommands: [], ...selfSignedCertificate('mail.acme.example') };
const accepting: SMTPServerOptions = {
  authOptional: false,
  onAuth: ({ username, password }, _session, callback) =>
    password === 'hunter22'
      ? callback(null, { user: username })
      : callback(Object.assign(new Error(`5.7.8 bad password ${password}`), { responseCode: 535 })),
};
const anyCertificate = 'tls.rejectUnauthorized=false';

it('reports the sender and a mail server that answers', async () => {
  const [sender, server, ...more] = await check({});
  expect(sender).toBe('ok: mail sender: Mails come from "tokens" <tokens@tokens.acme.example>.');
  expect(server).toMatch(/^ok: mail server: 127\.0\.0\.1:\d+ answers\.$/);
  expect(more).toEqual([]);
});

it('goes through STARTTLS and sign-in, on a server that offers sign-in only after STARTTLS', async () => {
  const options = { ...withTls, ...accepting, allowInsecureAuth: false };
  const [, server, signIn] = await check(options, { credentials: 'mailer:hunter22@', query: `?${anyCertificate}` });
  expect(server).toContain('warning: mail server');
  expect(server).toContain('answers with TLS, but any certificate is accepted');
  expect(signIn).toBe('ok: mail sign-in: The mail server accepts the user name mailer and its password.');
});

it.each<[string, SMTPServerOptions, { credentials?: string; query?: string; scheme?: string }, string]>([
  ['a self-signed certificate', withTls, {}, 'tls.rejectUnauthorized=false'],
  ['a missing STARTTLS', {}, { query: '?requireTLS=true' }, 'requireTLS=true'],
  ['TLS on a port without', {}, { scheme: 'smtps' }, 'use smtp:// in TOKENSD_SMTP_URL'],
  [
    'wrong credentials',
    { ...accepting, allowInsecureAuth: true },
    { credentials: 'mailer:wrongpass@' },
    'the mail server rejected the credentials (535 5.7.8). Check user name and password in TOKENSD_SMTP_URL.',
  ],
  [
    'a server that does not accept our name',
    { disabledCommands: ['EHLO', 'HELO', 'STARTTLS'] },
    {},
    'add name=HOST to TOKENSD_SMTP_URL',
  ],
])('reports %s, and the parameter that helps', async (_, options, url, expected) => {
  const checks = await check(options, url);
  const failed = checks.filter((line) => line.startsWith('failed: '));
  expect(failed).toHaveLength(1);
  expect(failed[0]?.toLowerCase()).toContain(expected.toLowerCase());
  expect(checks.join('\n')).not.toMatch(/hunter22|wrongpass/);
});

it('reports a port where nothing listens', async () => {
  const { port, close } = await startMailServer();
  await close();
  const [, server] = await checkUrl(`smtp://127.0.0.1:${port}`);
  expect(server).toContain('failed: mail server');
  expect(server).toContain(`127.0.0.1:${port}`);
  expect(server).toContain('ECONNREFUSED');
});

it('warns about credentials that the mail server never asks for', async () => {
  const [, , signIn] = await check({ disabledCommands: ['AUTH', 'STARTTLS'] }, { credentials: 'mailer:hunter22@' });
  expect(signIn).toContain('warning: mail sign-in');
  expect(signIn).toContain('TOKENSD_SMTP_URL are not used');
});

it.each(['http://10.1.2.3:8420', 'http://localhost:8420', 'http://tokens:8420'])(
  'warns about a sender without a full domain: %s',
  async (TOKENSD_PUBLIC_URL) => {
    const { url, close } = await startMailServer();
    cleanups.push(close);
    const [sender] = await checkUrl(url, { TOKENSD_PUBLIC_URL });
    expect(sender).toContain('warning: mail sender');
    expect(sender).toContain('TOKENSD_MAIL_FROM');
    const [chosen] = await checkUrl(url, { TOKENSD_PUBLIC_URL, TOKENSD_MAIL_FROM: 'tokens@acme.example' });
    expect(chosen).toContain('ok: mail sender');
  },
);

it('says where mails are written if no mail server is set', async () => {
  const [sender, server] = await checkUrl('');
  expect(sender).toContain('ok: mail sender');
  expect(server).toContain('warning: mail server: Mails are not sent, but written to ');
});
