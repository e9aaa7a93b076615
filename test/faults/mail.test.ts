import { createServer, type Server, type Socket } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSendMail } from '../../server/jobs/send-mail.ts';
import { createSmtpMailer } from '../../server/mail/smtp.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { openConsole } from '../helpers/console/pages.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import { type MailServer, startMailServer } from '../helpers/peers/mail-server.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A server that says nothing costs this much, and not ten real seconds at each of the fake clock's attempts. */
const impatient = { connection: 150, greeting: 150, silence: 150, whole: 400 };

let app: TestApp;
let port: number;
const closing: Array<() => unknown> = [];
beforeEach(async () => {
  app = await openTestApp();
  port = await freePort();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await app.close();
});

/** One run of every worker, at the clock's time. */
async function sendDue(options: { query?: string; timeouts?: typeof impatient } = {}): Promise<void> {
  const { query = '', ...rest } = options;
  const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${port}${query}`, from: 'tokens@acme.example', ...rest });
  const { store, clock, log } = app;
  const jobs = createSendMail({ store, auditTrail: app.services.auditTrail, mailer, clock, log });
  await Promise.all(jobs.map((job) => job.run(new AbortController().signal)));
  await mailer.close();
}

async function listening(server: Server): Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

async function smtp(options: SMTPServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(port, options);
  closing.push(() => server.close());
  return server;
}

const refuse = (responseCode: number) => (_: unknown, __: unknown, callback: (error?: Error | null) => void) =>
  callback(Object.assign(new Error('not now'), { responseCode }));

/** How a mail server can be out of order, all of it, for hours. */
const outages: Record<string, { begin: () => Promise<unknown>; query?: string; timeouts?: typeof impatient }> = {
  'refuses connections': { begin: async () => {} },
  'takes connections and says nothing': { begin: () => listening(createServer()), timeouts: impatient },
  'hangs up at once': { begin: () => listening(createServer((socket) => socket.destroy())) },
  'answers 421': { begin: () => listening(createServer((socket) => socket.end('421 try later\r\n'))) },
  'answers 450 to every recipient': { begin: () => smtp({ onRcptTo: refuse(450) }) },
  'answers 550 to our sender': { begin: () => smtp({ onMailFrom: refuse(550) }) },
  'answers 554 to the content': {
    begin: () =>
      smtp({
        onData(stream, _session, callback) {
          stream.resume();
          stream.on('end', () => callback(Object.assign(new Error('full'), { responseCode: 554 })));
        },
      }),
  },
  'speaks no TLS where it must': { begin: () => smtp(), query: '?requireTLS=true' },
  'has a certificate that nobody trusts': { begin: () => smtp({ disabledCommands: [] }) },
  'begins TLS and speaks junk': { begin: () => listening(createServer(speakJunk)), timeouts: impatient },
  'breaks off in the middle of a message': { begin: () => listening(createServer(breakOff)) },
};

/** Says yes to everything, and hangs up once the content has begun. */
function breakOff(socket: Socket): void {
  socket.write('220 ready\r\n');
  socket.on('data', (chunk) => {
    if (/^DATA/im.test(String(chunk))) socket.write('354 go on\r\n', () => setImmediate(() => socket.destroy()));
    else socket.write('250 fine\r\n');
  });
}

/** Offers STARTTLS, and answers the handshake with what is none. */
function speakJunk(socket: Socket): void {
  socket.write('220 ready\r\n');
  socket.on('data', (chunk) => {
    if (/^EHLO/i.test(String(chunk))) socket.write('250-ready\r\n250 STARTTLS\r\n');
    else socket.write(/^STARTTLS/i.test(String(chunk)) ? '220 go on\r\n' : 'junk\r\n');
  });
}

/** A change, and how long its answer took. */
async function timedCreate(member: Member, name: string): Promise<number> {
  const began = performance.now();
  await createToken(app, member, { name });
  return performance.now() - began;
}

describe('a mail server that for six hours', () => {
  it.each(Object.entries(outages))(
    '%s fails and slows no change; all arrives once, afterwards',
    async (_, { begin, ...options }) => {
      await begin();
      const times: number[] = [];
      for (let quarter = 0; quarter < 24; quarter += 1) {
        const sending = sendDue(options);
        times.push(await timedCreate(app.dev, `token-${quarter}`));
        await sending;
        app.clock.advance(15 * minute);
      }
      expect(Math.max(...times), 'the slowest creation, in ms').toBeLessThan(1_000);
      expect(await app.store.outbox.backlog()).toMatchObject({ pending: 24, dead: 0 });

      for (const close of closing.splice(0).reverse()) await close();
      const mended = await smtp();
      app.clock.advance(hour);
      await sendDue();
      const subjects = mended.received.map(({ parsed }) => parsed.subject).sort();
      const expected = Array.from({ length: 24 }, (_, quarter) => expect.stringContaining(`token-${quarter}`));
      expect(subjects).toHaveLength(24);
      expect(subjects).toEqual(expect.arrayContaining(expected));
      app.clock.advance(24 * hour);
      await sendDue();
      expect(mended.received).toHaveLength(24);
      expect(new Set(mended.received.map(({ parsed }) => parsed.messageId)).size).toBe(24);
    },
  );
});

describe('a recipient who is refused for good', () => {
  it('stops nobody else’s mail, shows in metrics, audit and console, and gets the mail after a retry', async () => {
    const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
    const picky = await smtp({
      onRcptTo({ address }, _session, callback) {
        if (address !== 'dev@example.com') callback();
        else callback(Object.assign(new Error('no such user'), { responseCode: 550 }));
      },
    });
    for (let i = 0; i < 5; i += 1) {
      await createToken(app, app.dev, { name: `dev-${i}` });
      await createToken(app, other, { name: `other-${i}` });
    }
    await sendDue();
    expect(picky.received.map(({ recipients }) => recipients)).toEqual(Array(5).fill(['other@example.com']));

    const { text } = await app.metrics.expose();
    expect(text).toContain('tokensd_outbox_messages{state="waiting"} 0');
    expect(text).toContain('tokensd_outbox_messages{state="dead"} 5');
    expect(text).toContain('tokensd_events_total{action="mail.given_up"} 5');
    const audited = await app.ask('/api/v1/audit?action=mail.given_up', { as: app.root });
    expect(((await audited.json()) as { items: object[] }).items).toHaveLength(5);
    const browser = openConsole(app, app.root);
    expect((await browser.get('/organization/team')).html).toContain('5 mails could not be delivered');

    await picky.close();
    const mended = await smtp();
    expect(await app.store.outbox.revive(app.clock.now())).toBe(5);
    await sendDue();
    expect(mended.received.map(({ recipients }) => recipients)).toEqual(Array(5).fill(['dev@example.com']));
    expect((await browser.get('/organization/team')).html).not.toContain('could not be delivered');
  });
});
