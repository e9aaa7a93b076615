import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { type MailServer, startMailServer } from '../../helpers/peers/mail-server.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { type Postfix, postfixName, startPostfix } from '../../helpers/peers/smtp/postfix.ts';

/** Accepts the certificate of the relay for its name, although the URL has an IP address. */
const trusting = (query = '') => `?tls.servername=${postfixName}${query}`;

describe.skipIf(!hasRealParts('postfix', 'openssl', 'root'))('Postfix as the relay', () => {
  const { newDataDir, start } = useDaemons();
  let nextHop: MailServer;
  let relay: Postfix;
  beforeAll(async () => {
    nextHop = await startMailServer();
    relay = await startPostfix(nextHop.port);
  });
  afterAll(async () => {
    await relay.stop();
    await nextHop.close();
  });

  const settings = (query: string, publicUrl: string, more: Record<string, string> = {}) => ({
    TOKENSD_PUBLIC_URL: publicUrl,
    TOKENSD_SMTP_URL: `smtp://127.0.0.1:${relay.port}${query}`,
    NODE_EXTRA_CA_CERTS: relay.certificate,
    ...more,
  });

  async function mailTest(env: Record<string, string>) {
    const dataDir = await newDataDir();
    return runProgram('tokensd', ['mail', 'test', 'ada@acme.example'], { env: { ...env, TOKENSD_DATA_DIR: dataDir } });
  }

  it('accepts a mail whose client name and sender derive from the public URL', async () => {
    const before = nextHop.received.length;
    const { code, stdout } = await mailTest(settings(trusting(), 'https://tokens.acme.example'));
    expect(stdout).toMatch(/^ok +mail server +127\.0\.0\.1:\d+ answers with TLS and a valid certificate\.$/m);
    expect(stdout).toMatch(/^ok +mail +The mail server accepted .* replied: 250 2\.0\.0 Ok: queued as \w+$/m);
    expect(code).toBe(0);
    await eventually(() => nextHop.received.length > before, 'the mail at the next hop', 10_000);
    expect(nextHop.received.at(-1)?.parsed.from?.text).toBe('"tokens" <tokens@tokens.acme.example>');
  });

  it.each([
    ['its certificate', '', 'https://tokens.acme.example', { NODE_EXTRA_CA_CERTS: '' }, 'tls.rejectUnauthorized=false'],
    ['the host in its certificate', '', 'https://tokens.acme.example', {}, 'tls.servername=NAME'],
    ['an address literal in EHLO', trusting('&name=[127.0.0.1]'), 'https://tokens.acme.example', {}, 'name=HOST'],
    ['a short name in EHLO', trusting('&name=tokens'), 'https://tokens.acme.example', {}, 'name=HOST'],
    [
      'a sender without a domain',
      trusting('&name=tokens.acme.example'),
      'http://127.0.0.1:8420',
      {},
      'Set TOKENSD_MAIL_FROM',
    ],
  ])('leads to the remedy for %s', async (_, query, publicUrl, more, remedy) => {
    const { code, stdout } = await mailTest(settings(query, publicUrl, more));
    const failed = stdout.split('\n').filter((line) => line.startsWith('failed'));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain(remedy);
    expect(code).toBe(1);
  });

  it('gets the mail that it rejected, once the daemon runs with the right setting', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir, settings(trusting('&name=tokens'), 'http://127.0.0.1:8420'));
    expect(daemon.stderr()).toMatch(/"level":"warn".*"setting":"TOKENSD_MAIL_FROM"/);
    const root = await signIn(daemon.url, superuser);
    await root.createToken('ci-pipeline');
    await eventually(() => daemon.stderr().includes('set up wrongly'), 'the rejection', 10_000);
    expect(daemon.stderr()).toMatch(/"level":"error".*504 5\.5\.2.*"setting":"TOKENSD_SMTP_URL"/);
    const { stdout } = await runProgram('tokensd', ['mail', 'list'], { env: { TOKENSD_DATA_DIR: dataDir } });
    expect(stdout).toMatch(
      /^waiting\t\S+\t1\t\S+\troot@example\.com\t[^\t]*ci-pipeline[^\t]*\t.*504 5\.5\.2.*name=HOST.*\n$/,
    );
    await daemon.stop();

    const before = nextHop.received.length;
    const sender = { TOKENSD_MAIL_FROM: 'Acme tokens <tokens@acme.example>' };
    await start(dataDir, settings(trusting(), 'http://127.0.0.1:8420', sender));
    await eventually(() => nextHop.received.length > before, 'the mail at the next hop', 10_000);
    expect(nextHop.received.at(-1)?.parsed.subject).toContain('ci-pipeline');
  });
});
