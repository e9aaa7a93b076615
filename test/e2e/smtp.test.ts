import { afterEach, describe, expect, it } from 'vitest';
import { addDeveloper, signIn } from '../helpers/api.ts';
import { freePort, prepareDaemon, startDaemon, superuser } from '../helpers/daemon.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';
import { eventually } from '../helpers/process.ts';

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(dataDir: string, port: number) {
  const daemon = await startDaemon(dataDir, { TOKENSD_SMTP_URL: `smtp://127.0.0.1:${port}` });
  cleanups.push(() => daemon.stop('SIGKILL'));
  return daemon;
}

async function world(port?: number): Promise<{ dataDir: string; port: number }> {
  const { dataDir, remove } = await prepareDaemon();
  cleanups.push(remove);
  return { dataDir, port: port ?? (await freePort()) };
}

async function mailServer(port: number, options = {}): Promise<MailServer> {
  const server = await startMailServer(port, options);
  cleanups.push(() => server.close());
  return server;
}

describe('mail from a running daemon', () => {
  it('tells the owner once of each creation and revocation, with time, IP address and user agent', async () => {
    const { dataDir, port } = await world();
    const server = await mailServer(port);
    const daemon = await start(dataDir, port);
    const root = await signIn(daemon.url, superuser);
    const dev = await addDeveloper(daemon.url, root);
    const from = { 'X-Forwarded-For': '198.51.100.7', 'User-Agent': 'pipeline/1.0' };
    const created = (await (await dev.request('POST', '/tokens', { name: 'ci' }, from)).json()) as {
      id: string;
      prefix: string;
      token: string;
    };
    await dev.request('DELETE', `/tokens/${created.id}`, undefined, from);
    await eventually(() => server.received.length >= 2, 'two mails', 10_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));

    expect(server.received.map(({ recipients }) => recipients)).toEqual([['dev@example.com'], ['dev@example.com']]);
    const subjects = server.received.map(({ parsed }) => parsed.subject).sort();
    expect(subjects).toEqual([expect.stringContaining('created'), expect.stringContaining('revoked')]);
    for (const { parsed, raw } of server.received) {
      for (const form of [parsed.text ?? '', parsed.html || '']) {
        for (const fact of ['ci', created.prefix, '198.51.100.7', 'pipeline/1', 'UTC']) expect(form).toContain(fact);
      }
      expect(raw.toString()).not.toContain(created.token);
    }
  });

  it('answers a creation at once while the mail server is down, and sends after it is back', async () => {
    const { dataDir, port } = await world();
    const daemon = await start(dataDir, port);
    const root = await signIn(daemon.url, superuser);
    const began = performance.now();
    await root.createToken('while-down');
    expect(performance.now() - began).toBeLessThan(1000);
    await eventually(() => daemon.stderr().includes('will be tried again'), 'a failed attempt');
    const server = await mailServer(port);
    await eventually(() => server.received.length === 1, 'the mail', 25_000);
    expect(server.received[0]?.parsed.subject).toContain('while-down');
  });

  it('sends the same message again, under one Message-ID, when it was killed before it could note the "250"', async () => {
    const { dataDir, port } = await world();
    const stopped: Array<Promise<unknown>> = [];
    let killer = (): void => {};
    const received: string[] = [];
    await mailServer(port, {
      onData(stream: NodeJS.ReadableStream, _session: unknown, accept: () => void) {
        let text = '';
        stream.on('data', (chunk) => {
          text += String(chunk);
        });
        stream.on('end', () => {
          received.push(text);
          killer();
          accept();
        });
      },
    });
    const daemon = await start(dataDir, port);
    killer = () => stopped.push(daemon.stop('SIGKILL'));
    const root = await signIn(daemon.url, superuser);
    await root.createToken('twice').catch(() => {});
    await eventually(() => stopped.length > 0, 'the kill');
    await Promise.all(stopped);
    killer = () => {};
    await start(dataDir, port);
    await eventually(() => received.length >= 2, 'the second copy', 10_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));

    const ids = received.map((text) => /^Message-ID: (<[^>]+>)\r?$/im.exec(text)?.[1]);
    expect(received).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<.+@.+>$/);
  });
});
