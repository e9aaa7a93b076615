import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface Mailbox {
  readonly url: string;
  /** `To: … Subject: …` of each mail, in the order of arrival. */
  readonly received: readonly { to: string; subject: string }[];
  close(): Promise<void>;
}

/** Starts a mail server on this machine that keeps what it receives. */
export async function startMailbox(): Promise<Mailbox> {
  const received: { to: string; subject: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      simpleParser(stream).then(({ subject = '' }) => {
        received.push({ to: envelope.rcptTo.map(({ address }) => address).join(', '), subject });
        done();
      }, done);
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
