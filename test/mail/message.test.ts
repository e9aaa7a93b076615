import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { mailSender, parseSender, type Sender } from '../../server/config/mail-identity.ts';
import { toMessage } from '../../server/mail/message.ts';
import type { MailRecord } from '../../server/store/records.ts';
import { createdMail, token } from '../helpers/app/token-mails.ts';

const record: MailRecord = {
  id: 'm1',
  to: 'ada@example.com',
  subject: 'API token "ci" was created',
  text: 'text\n',
  html: '<p>HTML</p>',
  messageId: '<m1@tokens.acme.example>',
  createdAt: Date.UTC(2026, 10, 23, 16, 20, 0),
  attempts: 1,
};
const sender: Sender = { name: 'Acme tokens', address: 'tokens@acme.example' };

/** Returns the message as it is sent, and its header fields, unfolded. */
async function compose(changes: Partial<MailRecord>, from = sender) {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail(toMessage({ ...record, ...changes }, from));
  const raw = String(message);
  const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
  const fields = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const field = (name: string) =>
    fields.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  return { raw, head, field, parsed: await simpleParser(raw) };
}

describe('the subject', () => {
  it.each([
    '[Acme] API token "ci-pipeline" was created',
    '[Acme] API token "x=y_z?" was created',
    `[Acme] API token "${'long name '.repeat(10)}" was created`,
    `[Acme] API token "${'x'.repeat(64)}" was created`,
  ])('is readable in the source of the mail if it is ASCII: %s', async (subject) => {
    const { head, field, parsed } = await compose({ subject });
    expect(field('Subject')).toEqual([subject]);
    expect(head).not.toContain('=?');
    expect(parsed.subject).toBe(subject);
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThan(100);
  });

  it.each([
    '[Acme] API token "größe" was created',
    '[Acme] API token "🚀" was created',
    `[Büro] ${'ü'.repeat(140)}`,
    'not =?UTF-8?Q?encoded?=',
  ])('is encoded otherwise, in lines of at most 78 characters: %s', async (subject) => {
    const { head, parsed } = await compose({ subject });
    expect(head).toMatch(/^Subject: .*=\?UTF-8\?/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: header fields are ASCII.
    expect(head).toMatch(/^[\x00-\x7f]*$/);
    expect(parsed.subject).toBe(subject);
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
  });

  it.each(['x\r\nBcc: victim@example.com', 'x\nBcc: victim@example.com', 'x\u0000y'])(
    'adds no header field: %j',
    async (subject) => {
      const { field } = await compose({ subject });
      expect(field('Bcc')).toEqual([]);
      expect(field('Subject')).toHaveLength(1);
    },
  );

  it('is shortened, and shows no direction or invisible character, for a hostile token name', async () => {
    const name = `${'\u202e\u200b\u2066'}evil\u00ad${'n'.repeat(300)}`;
    const { subject } = createdMail({ token: { ...token, name } });
    expect(subject).not.toMatch(/\p{C}/u);
    const { parsed, head } = await compose({ subject });
    expect([...(parsed.subject ?? '')].length).toBeLessThanOrEqual(150);
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThan(998);
  });
});

describe('the sender', () => {
  it.each([
    ['tokens@acme.example', { name: '', address: 'tokens@acme.example' }],
    ['<tokens@acme.example>', { name: '', address: 'tokens@acme.example' }],
    ['Tokens <tokens@acme.example>', { name: 'Tokens', address: 'tokens@acme.example' }],
    ['"Tokens" <tokens@acme.example>', { name: 'Tokens', address: 'tokens@acme.example' }],
    ['"Acme, Inc. \\"API\\"" <tokens@acme.example>', { name: 'Acme, Inc. "API"', address: 'tokens@acme.example' }],
    ['Acme, Inc. <tokens@acme.example>', { name: 'Acme, Inc.', address: 'tokens@acme.example' }],
    ['Bücher <tokens@bücher.example>', { name: 'Bücher', address: 'tokens@bücher.example' }],
  ])('is read from TOKENSD_MAIL_FROM=%s', (text, expected) => {
    expect(parseSender(text)).toEqual(expected);
  });

  it.each([
    'tokens',
    'tokens@',
    '@acme.example',
    'a@b.example, c@d.example',
    'tokens@acme.example>',
    '<tokens@acme.example',
    'A <a@b.example> <c@d.example>',
    'a@b <c@d.example>',
    'Evil\r\nBcc: x@y.example <a@b.example>',
  ])('is a mistake if it is not one address: %j', (text) => {
    expect(parseSender(text)).toBeNull();
  });

  it.each([
    ['tokens@acme.example', 'Acme', 'Acme tokens <tokens@acme.example>'],
    ['tokens@acme.example', null, 'tokens <tokens@acme.example>'],
    ['Helpdesk <tokens@acme.example>', 'Acme', 'Helpdesk <tokens@acme.example>'],
    ['tokens@acme.example', 'Acme, Inc. <a@b.example>', '"Acme, Inc. <a@b.example> tokens" <tokens@acme.example>'],
    ['tokens@acme.example', 'A "quoted" \\ name', '"A \\"quoted\\" \\\\ name tokens" <tokens@acme.example>'],
    ['tokens@bücher.example', 'Acme', 'Acme tokens <tokens@xn--bcher-kva.example>'],
  ])('shows its name: %s of %s', async (mailFrom, organization, expected) => {
    const { field, parsed } = await compose({}, mailSender({ mailFrom, organization }));
    expect(field('From')).toEqual([expected]);
    expect(parsed.from?.value).toHaveLength(1);
  });

  it('has an encoded name if it is not ASCII', async () => {
    const { field, parsed } = await compose(
      {},
      mailSender({ mailFrom: 'tokens@acme.example', organization: 'Bücher 社' }),
    );
    expect(field('From')[0]).toMatch(/^=\?UTF-8\?/);
    expect(parsed.from?.value).toEqual([{ name: 'Bücher 社 tokens', address: 'tokens@acme.example' }]);
  });

  it('cannot add a header field through the name of the organization', async () => {
    const organization = 'Acme\r\nBcc: victim@example.com';
    const { field } = await compose({}, mailSender({ mailFrom: 'tokens@acme.example', organization }));
    expect(field('Bcc')).toEqual([]);
    expect(field('From')).toHaveLength(1);
  });
});

it('keeps autoresponders quiet, and has the time and the Message-ID of the record', async () => {
  const { field } = await compose({});
  expect(field('Auto-Submitted')).toEqual(['auto-generated']);
  expect(field('X-Auto-Response-Suppress')).toEqual(['All']);
  expect(field('Date')).toEqual(['Mon, 23 Nov 2026 16:20:00 +0000']);
  expect(field('Message-ID')).toEqual(['<m1@tokens.acme.example>']);
});

it('mails an internationalized domain in its ASCII form', async () => {
  const { field } = await compose({ to: 'ada@bücher.example' });
  expect(field('To')).toEqual(['ada@xn--bcher-kva.example']);
});
