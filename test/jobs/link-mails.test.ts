import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSendMail } from '../../server/jobs/send-mail.ts';
import { type Mailer, MailFailure } from '../../server/mail/mailer.ts';
import { pseudonymOf } from '../../server/pseudonym.ts';
import type { MailRecord } from '../../server/store/records.ts';
import { cellsOf } from '../attacks/secrets/sqlite-rows.ts';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';
import { requestPasswordLink } from '../helpers/sign-in/password-links.ts';

const second = 1000;

let app: TestApp;
let sent: MailRecord[];
beforeEach(async () => {
  app = await openTestApp();
  sent = [];
});
afterEach(() => app.close());

const accepting: Mailer = {
  send: async (mail) => {
    sent.push(mail);
    return '250 ok';
  },
  close: async () => {},
};

/** Accepts each mail and then fails with `error`, as a connection does that breaks after the server took the mail. */
const failing = (error: Error): Mailer => ({
  ...accepting,
  send: (mail) => accepting.send(mail).then(() => Promise.reject(error)),
});

/** Runs one mail worker once. */
async function run(mailer = accepting, changes: Partial<Parameters<typeof createSendMail>[0]> = {}) {
  const { store, clock, log } = app;
  const { auditTrail, completeMail } = app.services;
  const [worker] = createSendMail({ store, auditTrail, completeMail, mailer, clock, log, ...changes }, 1);
  await worker?.run(new AbortController().signal);
}

const requestLink = (email = 'dev@example.com') => requestPasswordLink(app, email);

const secretIn = ({ text }: { text: string }) => /\/password\/reset\?token=(\S+)/.exec(text)?.[1] ?? '';
const isValid = (mail: MailRecord | undefined) =>
  mail !== undefined && app.services.passwordReset.isValid(secretIn(mail));

it('makes the link when it sends the mail, so that no row ever holds the secret', async () => {
  await requestLink();
  const cellsBefore = await cellsOf(app.path);
  expect(cellsBefore.filter(({ value }) => value.includes('reset_'))).toEqual([]);
  expect(cellsBefore.filter(({ table }) => table === 'tickets')).toEqual([]);
  await run();
  const [mail] = sent;
  const secret = secretIn(mail ?? { text: '' });
  expect(secret).toMatch(/^reset_[\w-]{43}$/);
  expect(mail?.html).toContain(secret);
  expect(await isValid(mail)).toBe(true);
  for (const { table, column, value } of await cellsOf(app.path)) {
    expect({ table, column, secret: value.includes(secret) }).toEqual({ table, column, secret: false });
  }
});

it('queues a mail that is useful as it is, for a worker of the previous release', async () => {
  await requestLink();
  const [queued] = await app.store.outbox.claim({ now: app.clock.now(), leaseMs: 0, leaseId: 'old', limit: 1 });
  const address = `https://tokens.example.com/password/forgot?mail=${queued?.id}`;
  expect(queued?.text).toContain(address);
  expect(queued?.html).toContain(address);
  expect((await app.ask(address.slice('https://tokens.example.com'.length))).status).toBe(200);
});

it('sends a mail of the previous release, whose link stands in the outbox, unchanged', async () => {
  const text = 'Open https://tokens.example.com/password/reset?token=reset_x in your browser.';
  const mail = { subject: 'Set your password', text, html: text, messageId: '<old@x>', createdAt: app.clock.now() };
  await app.store.outbox.enqueue({ id: 'old', to: 'dev@example.com', ...mail });
  await run();
  expect(sent).toMatchObject([{ text, html: text }]);
});

it('makes a new link for a second attempt and voids the first, with the same Message-ID', async () => {
  await requestLink();
  await run(failing(new Error('connection lost')));
  app.clock.advance(15 * second);
  await run();
  const [first, again] = sent;
  expect(again?.messageId).toBe(first?.messageId);
  expect([await isValid(first), await isValid(again)]).toEqual([false, true]);
});

it('lets the lifetime of a link begin when the mail is sent', async () => {
  await requestLink();
  await run(failing(new Error('down')));
  app.clock.advance(50 * 60 * second);
  await run();
  app.clock.advance(30 * 60 * second - 1);
  expect(await isValid(sent[1])).toBe(true);
  app.clock.advance(1);
  expect(await isValid(sent[1])).toBe(false);
});

it('neither stores nor logs a link that the mail server quotes when it rejects the mail', async () => {
  for (const reject of [
    (message: string) => new Error(message),
    (message: string) => new MailFailure(message, 'recipient'),
  ]) {
    await requestLink();
    await run({
      ...accepting,
      send: async (mail) => {
        sent.push(mail);
        throw reject(`554 blocked: ${secretIn(mail)} is on a list`);
      },
    });
    const secret = secretIn(sent.at(-1) ?? { text: '' });
    expect(secret).not.toBe('');
    expect((await cellsOf(app.path)).filter(({ value }) => value.includes(secret))).toEqual([]);
    expect(app.logLines.join('')).not.toContain(secret);
  }
  expect(app.logLines.join('')).toContain('reset_[redacted] is on a list');
});

it('keeps no address of a deleted member whose last mail cannot be delivered', async () => {
  const { id } = await app.addMember({ email: 'gone@example.com' });
  await app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'DELETE' });
  await run(failing(new MailFailure('550 no such mailbox', 'recipient')));
  expect(sent.map(({ to }) => to)).toEqual(['gone@example.com']);
  expect(await app.store.outbox.backlog()).toMatchObject({ pending: 0, dead: 0 });
  const events = await app.store.audit.list({ limit: 9, before: null, action: 'mail.given_up' });
  expect(events).toMatchObject([{ target: { name: pseudonymOf(id) }, ownerId: id }]);
  expect((await cellsOf(app.path)).filter(({ value }) => value.includes('gone@example.com'))).toEqual([]);
});

const identity = { issuer: 'https://id.example.com', subject: 'new' };

it.each<[string, (id: string) => Promise<unknown>]>([
  ['disabled the member', (id) => app.store.users.setDisabled(id, true)],
  ['changed the address', (id) => app.store.users.setEmail(id, 'other@example.com')],
  ['bound the member to single sign-on', (id) => app.store.users.bindIdentity(id, identity)],
])('withdraws the mail if the previous release has %s since', async (_what, change) => {
  const system = { kind: 'system', id: null, email: null } as const;
  const clientInfo = { ip: null, userAgent: null };
  const { id } = await app.services.users.createBy(system, clientInfo, { email: 'new@example.com' });
  await requestLink('new@example.com');
  expect(await app.store.outbox.backlog()).toMatchObject({ pending: 1 });
  expect(await change(id)).toBe(true);
  await run();
  expect(sent).toEqual([]);
  expect(await app.store.outbox.backlog()).toMatchObject({ pending: 0, dead: 0 });
});

it('withdraws the mail when the sessions of the member end, and the earlier one when another is requested', async () => {
  await requestLink();
  await requestLink();
  await run();
  expect(sent).toHaveLength(1);
  await requestLink();
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { disabled: true } });
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { disabled: false } });
  await run();
  expect(sent).toHaveLength(1);
  expect(await isValid(sent[0])).toBe(false);
});

it('makes no link for a worker whose lease another worker has taken over', async () => {
  await requestLink();
  const { completeMail } = app.services;
  await run(accepting, {
    completeMail: async (mail, leaseId) => {
      app.clock.advance(5 * 60 * second);
      await run();
      return completeMail(mail, leaseId);
    },
  });
  expect(sent).toHaveLength(1);
  expect(await isValid(sent[0])).toBe(true);
});

it('makes a new link for a dead letter that is revived', async () => {
  await requestLink();
  await run(failing(new MailFailure('550 no such user', 'recipient')));
  expect(await app.store.outbox.deadLetters(9)).toHaveLength(1);
  app.clock.advance(48 * 60 * 60 * second);
  await app.store.outbox.revive(app.clock.now());
  await run();
  expect([await isValid(sent[0]), await isValid(sent[1])]).toEqual([false, true]);
});
