import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditTrail, createAuditTrail } from '../../server/domain/audit.ts';
import { createIds } from '../../server/domain/secrets.ts';
import { createCompleteMail } from '../../server/domain/sign-in/links/complete-mail.ts';
import { createMailedLinks } from '../../server/domain/sign-in/links/mailed-links.ts';
import { createPasswordPolicy } from '../../server/domain/sign-in/password/password-policy.ts';
import { startJobs } from '../../server/jobs/runner.ts';
import { createSendMail, sendMailJob } from '../../server/jobs/send-mail.ts';
import type { Mailer } from '../../server/mail/mailer.ts';
import { createSmtpMailer } from '../../server/mail/smtp.ts';
import { openStore } from '../../server/store/open.ts';
import type { MailRecord } from '../../server/store/records.ts';
import type { Store } from '../../server/store/store.ts';
import { createToken, openTestApp } from '../helpers/app/app.ts';
import { type FakeClock, fakeClock } from '../helpers/app/clock.ts';
import { recordingLog } from '../helpers/app/log.ts';
import { openTestStore, type TestStore } from '../helpers/app/store.ts';
import { type MailServer, startMailServer } from '../helpers/peers/mail-server.ts';

const second = 1000;
const hour = 3600 * second;
const from = { name: '', address: 'tokens@acme.example' };

let database: TestStore;
let outbox: Store['outbox'];
let clock: FakeClock;
let newId: () => string;
let auditTrail: AuditTrail;
let server: MailServer;
let mailer: Mailer;
const { log, lines } = recordingLog();

beforeEach(async () => {
  database = await openTestStore();
  outbox = database.store.outbox;
  clock = fakeClock();
  newId = createIds(clock);
  auditTrail = createAuditTrail({ newId });
  server = await startMailServer();
  mailer = createSmtpMailer({ url: server.url, from });
  lines.length = 0;
});

afterEach(async () => {
  await mailer.close();
  await server.close();
  await database.close();
});

async function enqueue(to = 'ada@example.com'): Promise<string> {
  const id = newId();
  const messageId = `<${id}@acme.example>`;
  await outbox.enqueue({
    id,
    to,
    subject: 'API token',
    text: 'text',
    html: '<p>HTML</p>',
    messageId,
    createdAt: clock.now(),
  });
  return messageId;
}

/** Returns the dependencies of the job. */
function jobDeps(changes: Partial<Parameters<typeof createSendMail>[0]> = {}) {
  const { store } = database;
  const passwordPolicy = createPasswordPolicy('true');
  const links = createMailedLinks({ store, clock, publicUrl: 'https://tokens.example.com', passwordPolicy });
  return { store, auditTrail, mailer, clock, log, completeMail: createCompleteMail({ store, links }), ...changes };
}

/** Runs every worker once. */
async function run(changes: Parameters<typeof jobDeps>[0] = {}): Promise<void> {
  const jobs = createSendMail(jobDeps(changes));
  await Promise.all(jobs.map((job) => job.run(new AbortController().signal)));
}

const arrived = () => server.received.map(({ parsed }) => parsed.messageId ?? '').sort();

describe('sending', () => {
  it('delivers every mail exactly once', async () => {
    const expected: string[] = [];
    for (let mail = 0; mail < 25; mail += 1) expected.push(await enqueue(`member-${mail}@example.com`));
    await run();
    await run();
    clock.advance(24 * hour);
    await run();
    expect(arrived()).toEqual(expected.sort());
    expect(new Set(server.received.flatMap(({ recipients }) => recipients)).size).toBe(25);
  });

  it('lets recipients take turns, so that very many mails to one member delay none to another', async () => {
    for (let mail = 0; mail < 10; mail += 1) await enqueue('ada@example.com');
    clock.advance(second);
    const others = [0, 1, 2, 3, 4].map((member) => `member-${member}@example.com`);
    for (const other of others) await enqueue(other);
    const [worker] = createSendMail(jobDeps(), 1);
    await worker?.run(new AbortController().signal);
    const served = server.received.map(({ recipients: [to] }) => to);
    expect(served).toHaveLength(15);
    expect(served.slice(0, 6)).toEqual(['ada@example.com', ...others]);
  });

  it('serves every recipient once before it serves one twice', async () => {
    const members = Array.from({ length: 8 }, (_, member) => `member-${member}@example.com`);
    for (const member of members) for (let mail = 0; mail < 2; mail += 1) await enqueue(member);
    const [worker] = createSendMail(jobDeps(), 1);
    await worker?.run(new AbortController().signal);
    const served = server.received.map(({ recipients: [to] }) => to);
    expect(served).toHaveLength(16);
    expect(new Set(served.slice(0, 8)).size).toBe(8);
  });

  it('delivers the mail about a revocation to the owner, with time, IP address and user agent', async () => {
    const app = await openTestApp();
    const created = await createToken(app, app.dev, { name: 'ci-pipeline' });
    const headers = { 'User-Agent': 'tokens/0.1.0 (linux)' };
    await app.ask(`/api/v1/tokens/${created.id}`, { method: 'DELETE', as: app.root, headers, ip: '198.51.100.7' });
    await run({ store: app.store, clock: app.clock });
    await app.close();
    expect(server.received).toHaveLength(2);
    const revoked = server.received.find(({ parsed }) => parsed.subject?.includes('revoked'));
    expect(revoked?.recipients).toEqual(['dev@example.com']);
    for (const fact of [
      'ci-pipeline',
      created.prefix,
      '2026-11-23 16:20:00 UTC',
      '198.51.100.7',
      'tokens/0.1.0 (linux)',
      'root@example.com',
    ]) {
      expect(revoked?.parsed.text).toContain(fact);
      expect(revoked?.parsed.html).toContain(fact);
    }
    for (const { raw } of server.received) expect(raw.toString()).not.toContain(created.token);
  });

  it('starts within a second of a wake-up', async () => {
    const jobs = startJobs(createSendMail(jobDeps()), log);
    for (let round = 0; round < 3; round += 1) {
      await enqueue();
      jobs.wake(sendMailJob);
      await expect.poll(() => server.received.length, { timeout: 700, interval: 10 }).toBe(round + 1);
    }
    await jobs.stop();
  });

  it('delivers each mail once from two daemons on one database', async () => {
    const second = await openStore(`sqlite:${database.path}`);
    const expected: string[] = [];
    for (let mail = 0; mail < 30; mail += 1) expected.push(await enqueue());
    await Promise.all([run(), run({ store: second }), run(), run({ store: second })]);
    await second.close();
    expect(arrived()).toEqual(expected.sort());
  });
});

describe('sending while the mail server is down', () => {
  it('delivers the mail after the server is back', async () => {
    const { port } = server;
    await server.close();
    const messageId = await enqueue();
    await run();
    expect(lines.join('')).toContain('ECONNREFUSED');
    server = await startMailServer(port);
    clock.advance(15 * second - 1);
    await run();
    expect(arrived()).toEqual([]);
    clock.advance(1);
    await run();
    expect(arrived()).toEqual([messageId]);
  });

  it('retries after 15 s, 30 s, 1 min … 1 h, and gives up after 72 hours', async () => {
    let attempts = 0;
    const down: Mailer = {
      send: () => {
        attempts += 1;
        return Promise.reject(new Error('down'));
      },
      close: async () => {},
    };
    const [worker] = createSendMail(jobDeps({ mailer: down }), 1);
    const runAt = (at: number) => {
      clock.advance(at - clock.now());
      return worker?.run(new AbortController().signal);
    };
    await enqueue();
    const start = clock.now();
    await runAt(start);
    for (let due = start, gap = 15; !lines.at(-1)?.includes('given up'); gap = Math.min(2 * gap, 3600)) {
      const before = attempts;
      due += gap * second;
      await runAt(due - 1);
      expect(attempts).toBe(before);
      await runAt(due);
      expect(attempts).toBe(before + 1);
    }
    expect(clock.now() - start).toBeGreaterThanOrEqual(72 * hour);
    expect(clock.now() - start).toBeLessThan(74 * hour);
    clock.advance(100 * hour);
    await run();
    expect(arrived()).toEqual([]);
  });

  it('does not give up a mail because the daemon was off for days', async () => {
    const messageId = await enqueue();
    clock.advance(200 * hour);
    const { port } = server;
    await server.close();
    await run();
    server = await startMailServer(port);
    clock.advance(15 * second);
    await run();
    expect(arrived()).toEqual([messageId]);
  });
});

describe('a mail that fails', () => {
  const rejecting = (replies: Record<string, number | null>) =>
    startMailServer(0, {
      onRcptTo({ address }, _session, callback) {
        const responseCode = replies[address];
        if (responseCode === null) return;
        if (responseCode === undefined) callback();
        else callback(Object.assign(new Error('no\u0007'), { responseCode }));
      },
    });

  async function useServer(replacement: MailServer): Promise<void> {
    await server.close();
    server = replacement;
    mailer = createSmtpMailer({ url: server.url, from });
  }

  it('does not block others, whether the rejection is temporary or permanent', async () => {
    await useServer(await rejecting({ 'never@example.com': 550, 'later@example.com': 451 }));
    await enqueue('never@example.com');
    await enqueue('later@example.com');
    const messageId = await enqueue();
    await run();
    expect(arrived()).toEqual([messageId]);
    const failures = lines.filter((line) => /"level":"(warn|error)"/.test(line));
    expect(failures.map((line) => JSON.parse(line).msg).sort()).toEqual([
      'mail given up; see `tokensd mail list`',
      'mail not sent; it will be retried',
    ]);
    expect(failures.join('')).not.toContain('\\u0007');
  });

  it('is logged as an error with the name of the setting, and retried, if the set-up has to change', async () => {
    const reply = Object.assign(new Error('5.5.2 <x>: Helo command rejected'), { responseCode: 504 });
    await useServer(await startMailServer(0, { onRcptTo: (_address, _session, callback) => callback(reply) }));
    await enqueue();
    await run();
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        level: 'error',
        setting: 'TOKENSD_SMTP_URL',
        error: expect.stringContaining('add name=HOST to TOKENSD_SMTP_URL'),
        msg: 'mail not sent, because mail is set up wrongly; it will be retried',
      }),
    );
    const [waiting] = await outbox.waiting(9);
    expect(waiting).toMatchObject({ attempts: 1, dueAt: clock.now() + 15 * second });
    expect(waiting?.error).toContain('Helo command rejected');
  });

  it('becomes a dead letter with an audit event if its recipient is rejected permanently, and can be revived', async () => {
    await useServer(await rejecting({ 'dev@example.com': 550 }));
    const app = await openTestApp();
    await createToken(app, app.dev, { name: 'ci-pipeline' });
    const now = app.clock.now();
    await run({ store: app.store, clock: app.clock });
    const [dead, ...more] = await app.store.outbox.deadLetters(10);
    expect(more).toEqual([]);
    expect(dead).toMatchObject({ to: 'dev@example.com', attempts: 1, gaveUpAt: now });
    expect(dead?.error).toContain('no');
    const [event] = await app.store.audit.list({ limit: 1, before: null, action: 'mail.given_up' });
    expect(event).toMatchObject({
      action: 'mail.given_up',
      actor: { kind: 'system' },
      target: { kind: 'mail', id: dead?.id, name: 'dev@example.com' },
      ownerId: app.dev.id,
    });
    await useServer(await startMailServer());
    expect(await app.store.outbox.revive(now, 'nobody@example.com')).toBe(0);
    expect(await app.store.outbox.revive(now, 'dev@example.com')).toBe(1);
    await run({ store: app.store, clock: app.clock });
    expect(server.received.map(({ recipients }) => recipients)).toEqual([['dev@example.com']]);
    expect(await app.store.outbox.deadLetters(10)).toEqual([]);
    await app.close();
  });

  it('holds up one worker only if the server never replies', async () => {
    await useServer(await rejecting({ 'stuck@example.com': null }));
    const jobs = startJobs(createSendMail(jobDeps()), log);
    await enqueue('stuck@example.com');
    jobs.wake(sendMailJob);
    const expected: string[] = [];
    for (let mail = 0; mail < 10; mail += 1) expected.push(await enqueue());
    jobs.wake(sendMailJob);
    await expect.poll(arrived, { timeout: 3000 }).toEqual(expected.sort());
    const stopped = jobs.stop();
    await mailer.close();
    await stopped;
    clock.advance(15 * second);
    const [stuck] = await outbox.claim({ now: clock.now(), leaseMs: 0, leaseId: 'test', limit: 9 });
    expect(stuck).toMatchObject({ to: 'stuck@example.com', attempts: 2 });
  });
});

describe('a daemon killed between delivery and recording it', () => {
  const storeKilledBeforeMarkSent = (): Store => ({
    ...database.store,
    outbox: { ...outbox, markSent: () => Promise.reject(new Error('killed')) },
  });

  it('sends a copy with the same Message-ID when the lease ends', async () => {
    const messageId = await enqueue();
    await expect(run({ store: storeKilledBeforeMarkSent() })).rejects.toThrow('killed');
    await run();
    expect(arrived()).toEqual([messageId]);
    clock.advance(5 * 60 * second);
    await run();
    expect(arrived()).toEqual([messageId, messageId]);
    expect(server.received[0]?.parsed.date).toEqual(server.received[1]?.parsed.date);
  });

  it('sends the copy immediately after a restart that releases the leases', async () => {
    const messageId = await enqueue();
    await expect(run({ store: storeKilledBeforeMarkSent() })).rejects.toThrow('killed');
    await outbox.releaseAllLeases();
    await run();
    expect(arrived()).toEqual([messageId, messageId]);
  });

  it('does not overwrite the result of another daemon that took over the lease', async () => {
    const messageId = await enqueue();
    const slow: Mailer = {
      async send(mail: MailRecord) {
        clock.advance(5 * 60 * second);
        await run();
        expect(mail.messageId).toBe(messageId);
        throw new Error('too late');
      },
      close: async () => {},
    };
    await run({ mailer: slow });
    clock.advance(24 * hour);
    await run();
    expect(arrived()).toEqual([messageId]);
  });
});

it('starts no further mail once the daemon stops', async () => {
  await enqueue();
  const [job] = createSendMail(jobDeps());
  await job?.run(AbortSignal.abort());
  expect(arrived()).toEqual([]);
});
