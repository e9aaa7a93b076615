import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface ScriptedSmtp {
  port: number;
  /** The lines that clients sent, without the content of messages. */
  commands: string[];
  close(): Promise<void>;
}

const defaults: Readonly<Record<string, string>> = {
  EHLO: '250-mail.example.com\r\n250 SIZE 1000000',
  HELO: '250 mail.example.com',
  AUTH: '235 2.7.0 accepted',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  '.': '250 2.0.0 queued',
  QUIT: '221 bye',
};

/**
 * Starts a mail server on a loopback port that replies what a test wants: `replies` names the reply to each verb, and `.`
 * stands for the end of the content.
 */
export async function startScriptedSmtp(replies: Record<string, string> = {}): Promise<ScriptedSmtp> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const replyTo = (verb: string) => replies[verb] ?? defaults[verb] ?? '502 5.5.2 not implemented';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let content = false;
    socket.write('220 mail.example.com ESMTP\r\n');
    createInterface({ input: socket }).on('line', (line) => {
      if (content && line !== '.') return;
      const verb = content ? '.' : line.replace(/ .*/s, '').toUpperCase();
      if (!content) commands.push(line);
      const reply = replyTo(verb);
      content = verb === 'DATA' && reply.startsWith('354');
      socket.write(`${reply}\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
