import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../server/mail/smtp.ts';
import type { MailRecord } from '../../server/store/records.ts';
import { type MailServer, startMailServer } from '../helpers/peers/mail-server.ts';

const from = { name: 'Acme tokens', address: 'tokens@acme.example' };
const mail: MailRecord = {
  id: 'm1',
  to: 'ada@example.com',
  subject: '[Acme] API token "ci-pipeline" was created',
  text: 'Hello Ada,\n\ntext part with ünïcode\n',
  html: '<!DOCTYPE html><p>HTML part with ünïcode</p>',
  messageId: '<m1@tokens.acme.example>',
  createdAt: Date.UTC(2026, 10, 23, 16, 20, 0),
  attempts: 1,
};

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const server = await startMailServer(0, options);
  cleanups.push(server.close);
  return server;
}

function mailer(url: string) {
  const mailer = createSmtpMailer({ url, from });
  cleanups.push(mailer.close);
  return mailer;
}

/** Starts a TCP server that handles each connection with `handle`. */
async function rawServer(handle: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Returns the error message of a send that has to fail. */
async function failure(url: string, record = mail): Promise<string> {
  const outcome = await mailer(url)
    .send(record)
    .then(
      () => 'sent',
      (error: unknown) => error,
    );
  if (!(outcome instanceof Error)) throw new Error('The mail was sent');
  return outcome.message;
}

describe('a message', () => {
  it('arrives with its sender, recipient, subject, date, Message-ID, text and HTML, marked as automatic', async () => {
    const server = await mailServer();
    await mailer(server.url).send(mail);
    expect(server.received).toHaveLength(1);
    const { parsed, recipients } = server.received[0] ?? {};
    expect(recipients).toEqual(['ada@example.com']);
    expect(parsed?.from?.value).toEqual([{ name: 'Acme tokens', address: 'tokens@acme.example' }]);
    expect(parsed?.subject).toBe(mail.subject);
    expect(parsed?.date).toEqual(new Date(mail.createdAt));
    expect(parsed?.messageId).toBe(mail.messageId);
    expect(parsed?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(parsed?.text).toBe(mail.text);
    expect(parsed?.html).toContain('HTML part with ünïcode');
    expect(parsed?.attachments).toEqual([]);
  });

  it('is the same message when it is sent again', async () => {
    const server = await mailServer();
    const sender = mailer(server.url);
    await sender.send(mail);
    await sender.send({ ...mail, attempts: 2 });
    expect(server.received.map(({ parsed }) => parsed.messageId)).toEqual([mail.messageId, mail.messageId]);
    expect(server.received[1]?.parsed.date).toEqual(server.received[0]?.parsed.date);
  });

  it.each([
    ['subject', 'x\r\nBcc: victim@example.com\r\nX-Evil: 1\r\n\r\nbody'],
    ['to', 'ada@example.com, victim@example.com'],
    ['to', 'ada@example.com\r\nRCPT TO:<victim@example.com>'],
    ['to', '<ada@example.com>,<victim@example.com>'],
    ['messageId', '<a@b>\r\nBcc: victim@example.com'],
    ['text', '.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n'],
  ] as const)('carries no header or recipient injected through %s: %j', async (field, payload) => {
    const server = await mailServer();
    await mailer(server.url)
      .send({ ...mail, [field]: payload })
      .catch(() => {});
    expect(server.received).toHaveLength(field === 'to' ? 0 : 1);
    for (const { recipients, parsed } of server.received) {
      expect(recipients).toHaveLength(1);
      expect(recipients).not.toContain('victim@example.com');
      expect(parsed.headers.has('bcc')).toBe(false);
      expect(parsed.headers.has('x-evil')).toBe(false);
    }
  });
});

describe('credentials', () => {
  const options: SMTPServerOptions = {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, callback) =>
      username === 'mail user' && password === 'p@ss/word'
        ? callback(null, { user: username })
        : callback(new Error(`no such user ${username} with ${password}`)),
  };

  const collecting = (seen: string[]): SMTPServerOptions => ({
    ...options,
    onAuth: ({ username }, _session, callback) => {
      seen.push(String(username));
      callback(null, { user: username });
    },
  });

  it('are taken from the URL', async () => {
    const server = await mailServer(options);
    await mailer(`smtp://mail%20user:p%40ss%2Fword@127.0.0.1:${server.port}`).send(mail);
    expect(server.received).toHaveLength(1);
  });

  it('appear in no error, even if the server repeats them', async () => {
    const server = await mailServer(options);
    const message = await failure(`smtp://mail%20user:hunter2@127.0.0.1:${server.port}`);
    expect(message).toMatch(/rejected the credentials \(535\)/);
    expect(message).not.toContain('hunter2');
  });

  it('are sent over TLS if the server offers STARTTLS', async () => {
    let secure: boolean | undefined;
    const server = await mailServer({
      ...options,
      allowInsecureAuth: false,
      disabledCommands: [],
      onAuth: ({ username }, session, callback) => {
        secure = session.secure;
        callback(null, { user: username });
      },
    });
    await mailer(`smtp://a:b@127.0.0.1:${server.port}?tls.rejectUnauthorized=false`).send(mail);
    expect(secure).toBe(true);
    expect(server.received).toHaveLength(1);
  });

  it('are not sent to a server without STARTTLS if the URL requires TLS', async () => {
    const seen: string[] = [];
    const server = await mailServer(collecting(seen));
    expect(await failure(`smtp://a:b@127.0.0.1:${server.port}?requireTLS=true`)).toMatch(/STARTTLS/);
    expect(seen).toEqual([]);
  });

  it('are not sent to a server with an untrusted certificate', async () => {
    const seen: string[] = [];
    const server = await mailServer({ ...collecting(seen), disabledCommands: [] });
    expect(await failure(`smtp://a:b@127.0.0.1:${server.port}`)).toMatch(/certificate/);
    expect(seen).toEqual([]);
  });
});

describe('sending', () => {
  it('fails if nothing listens', async () => {
    const server = await startMailServer();
    await server.close();
    expect(await failure(server.url)).toMatch(/ECONNREFUSED/);
  });

  it.each([451, 550])('fails if the server replies %i to the recipient', async (responseCode) => {
    const server = await mailServer({
      onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error('not today'), { responseCode })),
    });
    expect(await failure(server.url)).toContain(`${responseCode} not today`);
    expect(server.received).toEqual([]);
  });

  const rejecting = (responseCode: number, reply: string) =>
    mailServer({
      onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error(reply), { responseCode })),
    });

  it.each([
    [550, '5.1.1 <ada@example.com>: Recipient address rejected: User unknown'],
    [550, 'no such user'],
    [553, '5.1.3 bad address'],
    [556, '5.1.10 example.com takes no mail'],
  ])('fails permanently if there is no such mailbox: %i %s', async (code, reply) => {
    const server = await rejecting(code, reply);
    await expect(mailer(server.url).send(mail)).rejects.toMatchObject({ name: 'MailFailure', kind: 'recipient' });
  });

  it.each([
    [554, '5.7.1 <ada@example.com>: Relay access denied'],
    [554, '5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list'],
    [550, '5.7.1 Unable to relay'],
    [550, 'relay not permitted'],
    [530, '5.7.0 Authentication required'],
    [553, '5.7.1 <tokens@acme.example>: Sender address rejected: not owned by user'],
    [552, '5.2.2 Mailbox full'],
    [503, 'bad sequence of commands'],
  ])('fails temporarily on a policy rejection or a full mailbox: %i %s', async (code, reply) => {
    const server = await rejecting(code, reply);
    const failed = mailer(server.url).send(mail);
    await expect(failed).rejects.toThrow(reply);
    await expect(failed).rejects.not.toMatchObject({ kind: 'recipient' });
  });

  it('fails if the server speaks another protocol', async () => {
    const url = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await failure(url)).toMatch(/greeting/i);
  });

  it('fails if the server never ends its greeting', async () => {
    const url = await rawServer((socket) => {
      const more = () => {
        while (socket.write('220-'.padEnd(65_536, 'x'))) {}
      };
      socket.on('drain', more);
      more();
    });
    expect(await failure(url)).toMatch(/response/i);
  });

  it('fails if the server hangs up in the middle', async () => {
    const url = await rawServer((socket) => {
      socket.write('220 hello\r\n');
      socket.once('data', () => socket.destroy());
    });
    expect(await failure(url)).not.toBe('');
  });

  it('fails after the greeting timeout if the server says nothing', async () => {
    const url = await rawServer(() => {});
    expect(await failure(`${url}?greetingTimeout=100`)).toMatch(/greeting/i);
  });

  it('is aborted immediately when the mailer is closed', async () => {
    const url = await rawServer(() => {});
    const sender = mailer(url);
    const outcome = sender.send(mail).catch(() => 'aborted');
    await sender.close();
    expect(await outcome).toBe('aborted');
  });
});
