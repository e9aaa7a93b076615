import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/daemon/api.ts';
import { freePort, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const { cleanUp, newDataDir, start } = useDaemons();

async function mailServer(port: number, options = {}) {
  const server = await startMailServer(port, options);
  cleanUp(server.close);
  return server;
}

const mailingTo = (port: number) => ({ TOKENSD_SMTP_URL: `smtp://127.0.0.1:${port}` });

describe('a daemon that sends mail', () => {
  it('responds immediately while the mail server is down, and sends the mail when it is back', async () => {
    const [dataDir, port] = [await newDataDir(), await freePort()];
    const daemon = await start(dataDir, mailingTo(port));
    const root = await signIn(daemon.url, superuser);
    const began = performance.now();
    await root.createToken('while-down');
    expect(performance.now() - began).toBeLessThan(1000);
    await eventually(() => daemon.stderr().includes('it will be retried'), 'a failed attempt');
    const server = await mailServer(port);
    await eventually(() => server.received.length === 1, 'the mail', 25_000);
    expect(server.received[0]?.parsed.subject).toContain('while-down');
  });

  it('sends the same message again, with the same Message-ID, if it was killed before it recorded the delivery', async () => {
    const [dataDir, port] = [await newDataDir(), await freePort()];
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
    const daemon = await start(dataDir, mailingTo(port));
    killer = () => stopped.push(daemon.stop('SIGKILL'));
    const root = await signIn(daemon.url, superuser);
    await root.createToken('twice').catch(() => {});
    await eventually(() => stopped.length > 0, 'the kill');
    await Promise.all(stopped);
    killer = () => {};
    await start(dataDir, mailingTo(port));
    await eventually(() => received.length >= 2, 'the second copy', 10_000);
    await new Promise((resolve) => setTimeout(resolve, 1500));

    const ids = received.map((text) => /^Message-ID: (<[^>]+>)\r?$/im.exec(text)?.[1]);
    expect(received).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<.+@.+>$/);
  });
});
