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
/** A silent server costs this much per attempt, instead of ten real seconds. */
const shortTimeouts = { connection: 150, greeting: 150, idle: 150, total: 400 };

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

/** Runs every worker once, at the time of the fake clock. */
async function sendDue(options: { query?: string; timeouts?: typeof shortTimeouts } = {}): Promise<void> {
  const { query = '', ...rest } = options;
  const mailer = createSmtpMailer({
    url: `smtp://127.0.0.1:${port}${query}`,
    from: { name: '', address: 'tokens@acme.example' },
    ...rest,
  });
  const { store, clock, log } = app;
  const { auditTrail, completeMail } = app.services;
  const jobs = createSendMail({ store, auditTrail, completeMail, mailer, clock, log });
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

const reject = (responseCode: number) => (_: unknown, __: unknown, callback: (error?: Error | null) => void) =>
  callback(Object.assign(new Error('not now'), { responseCode }));

/** The ways in which a mail server can fail for hours. */
const outages: Record<string, { begin: () => Promise<unknown>; query?: string; timeouts?: typeof shortTimeouts }> = {
  'refuses connections': { begin: async () => {} },
  'accepts connections and says nothing': { begin: () => listening(createServer()), timeouts: shortTimeouts },
  'hangs up immediately': { begin: () => listening(createServer((socket) => socket.destroy())) },
  'replies 421': { begin: () => listening(createServer((socket) => socket.end('421 try later\r\n'))) },
  'replies 450 to every recipient': { begin: () => smtp({ onRcptTo: reject(450) }) },
  'replies 550 to our sender': { begin: () => smtp({ onMailFrom: reject(550) }) },
  'replies 554 to the content': {
    begin: () =>
      smtp({
        onData(stream, _session, callback) {
          stream.resume();
          stream.on('end', () => callback(Object.assign(new Error('full'), { responseCode: 554 })));
        },
      }),
  },
  'offers no TLS although it is required': { begin: () => smtp(), query: '?requireTLS=true' },
  'has an untrusted certificate': { begin: () => smtp({ disabledCommands: [] }) },
  'starts TLS and sends junk': { begin: () => listening(createServer(sendJunkAfterStartTls)), timeouts: shortTimeouts },
  'hangs up in the middle of a message': { begin: () => listening(createServer(hangUpDuringData)) },
};

/** Accepts every command, and hangs up once the content begins. */
function hangUpDuringData(socket: Socket): void {
  socket.write('220 ready\r\n');
  socket.on('data', (chunk) => {
    if (/^DATA/im.test(String(chunk))) socket.write('354 go on\r\n', () => setImmediate(() => socket.destroy()));
    else socket.write('250 fine\r\n');
  });
}

/** Offers STARTTLS, and replies to the TLS handshake with junk. */
function sendJunkAfterStartTls(socket: Socket): void {
  socket.write('220 ready\r\n');
  socket.on('data', (chunk) => {
    if (/^EHLO/i.test(String(chunk))) socket.write('250-ready\r\n250 STARTTLS\r\n');
    else socket.write(/^STARTTLS/i.test(String(chunk)) ? '220 go on\r\n' : 'junk\r\n');
  });
}

/** Creates a token and returns how many milliseconds the request took. */
async function timedCreate(member: Member, name: string): Promise<number> {
  const began = performance.now();
  await createToken(app, member, { name });
  return performance.now() - began;
}

describe('a mail server that fails for six hours', () => {
  it.each(Object.entries(outages))(
    'neither breaks nor slows changes, and gets every mail once afterwards: it %s',
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
      const recovered = await smtp();
      app.clock.advance(hour);
      await sendDue();
      const subjects = recovered.received.map(({ parsed }) => parsed.subject).sort();
      const expected = Array.from({ length: 24 }, (_, quarter) => expect.stringContaining(`token-${quarter}`));
      expect(subjects).toHaveLength(24);
      expect(subjects).toEqual(expect.arrayContaining(expected));
      app.clock.advance(24 * hour);
      await sendDue();
      expect(recovered.received).toHaveLength(24);
      expect(new Set(recovered.received.map(({ parsed }) => parsed.messageId)).size).toBe(24);
    },
  );
});

describe('a recipient who is rejected permanently', () => {
  it('blocks no other mail, shows in metrics, audit log and console, and gets the mail after a retry', async () => {
    const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
    const rejecting = await smtp({
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
    expect(rejecting.received.map(({ recipients }) => recipients)).toEqual(Array(5).fill(['other@example.com']));

    const { text } = await app.metrics.expose();
    expect(text).toContain('tokensd_outbox_messages{state="waiting"} 0');
    expect(text).toContain('tokensd_outbox_messages{state="dead"} 5');
    expect(text).toContain('tokensd_events_total{action="mail.given_up"} 5');
    const audited = await app.ask('/api/v1/audit?action=mail.given_up', { as: app.root });
    expect(((await audited.json()) as { items: object[] }).items).toHaveLength(5);
    const browser = openConsole(app, app.root);
    expect((await browser.get('/organization/team')).html).toContain('5 emails could not be delivered');

    await rejecting.close();
    const recovered = await smtp();
    expect(await app.store.outbox.revive(app.clock.now())).toBe(5);
    await sendDue();
    expect(recovered.received.map(({ recipients }) => recipients)).toEqual(Array(5).fill(['dev@example.com']));
    expect((await browser.get('/organization/team')).html).not.toContain('could not be delivered');
  });
});
