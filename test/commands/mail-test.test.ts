import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runMailTest } from '../../server/commands/mail-test.ts';
import { runCommand } from '../helpers/app/commands.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const cleanups: Array<() => Promise<unknown>> = [];
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tokens-mail-test-'));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: SMTPServerOptions = {}) {
  const server = await startMailServer(0, options);
  cleanups.push(server.close);
  return server;
}

const mailTest = (to: string, env: Record<string, string>) =>
  runCommand({ TOKENSD_DATA_DIR: dataDir, TOKENSD_PUBLIC_URL: 'https://tokens.acme.example', ...env }, (context) =>
    runMailTest(context, to),
  );

it('sends a mail, and prints what the mail server replied', async () => {
  const { url, received } = await server();
  const { code, stdout } = await mailTest('ada@acme.example', { TOKENSD_SMTP_URL: url });
  expect(stdout).toMatch(/^ok +mail server +127\.0\.0\.1:\d+ answers\.$/m);
  expect(stdout).toMatch(/^ok +mail +The mail server accepted the mail to ada@acme\.example, and replied: 250 /m);
  expect(code).toBe(0);
  expect(received.map(({ recipients }) => recipients)).toEqual([['ada@acme.example']]);
  expect(received[0]?.parsed.subject).toBe('Test mail from tokensd');
});

it('writes a file, and prints its path, if no mail server is set', async () => {
  const { code, stdout } = await mailTest('ada@acme.example', {});
  const [file, ...more] = await readdir(join(dataDir, 'mail'));
  expect(more).toEqual([]);
  expect(stdout).toContain(`Written to ${join(dataDir, 'mail', `${file}`)}.`);
  expect(stdout).toContain('Set TOKENSD_SMTP_URL to send them.');
  expect(await readFile(join(dataDir, 'mail', `${file}`), 'utf8')).toContain('ada@acme.example');
  expect(code).toBe(0);
});

it('prints the remedy, and exits with code 1, if the mail server rejects the sender', async () => {
  const { url } = await server({
    onRcptTo: (_address, _session, callback) =>
      callback(
        Object.assign(new Error('5.5.2 <tokens@localhost>: Sender address rejected: need fully-qualified address'), {
          responseCode: 504,
        }),
      ),
  });
  const env = { TOKENSD_SMTP_URL: url, TOKENSD_PUBLIC_URL: 'http://127.0.0.1:8420' };
  const { code, stdout } = await mailTest('ada@acme.example', env);
  expect(stdout).toMatch(/^warning +mail sender +Many mail servers reject the sender tokens@localhost/m);
  expect(stdout).toMatch(
    /^failed +mail +The mail to ada@acme\.example was not sent: .*504 5\.5\.2 <tokens@localhost>/m,
  );
  expect(stdout).toContain('Set TOKENSD_MAIL_FROM to an address that the mail server accepts as a sender.');
  expect(code).toBe(1);
});

it('exits with code 1, without sending, if the mail server cannot be used', async () => {
  const { port, close } = await startMailServer();
  await close();
  const { code, stdout } = await mailTest('ada@acme.example', { TOKENSD_SMTP_URL: `smtp://127.0.0.1:${port}` });
  expect(stdout).toMatch(/^failed +mail server +No connection/m);
  expect(stdout).not.toMatch(/^\w+ +mail +[A-Z]/m);
  expect(code).toBe(1);
});

it('exits with code 2 if the argument is not an email address', async () => {
  const { code, stderr } = await mailTest('ada', {});
  expect(code).toBe(2);
  expect(stderr).toContain('email address such as');
});
