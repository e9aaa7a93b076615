import { describe, expect, it } from 'vitest';
import { signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { startMailServer } from '../../helpers/peers/mail-server.ts';

const { newDataDir, start } = useDaemons();

describe('tokensd config', () => {
  it('shows the effective settings without passwords', async () => {
    const { code, stdout } = await runProgram('tokensd', ['config'], {
      env: { TOKENSD_SMTP_URL: 'smtp://mailer:hunter2hunter2@mail.example.com:587', TOKENSD_TRUSTED_PROXIES: '' },
    });
    expect(code).toBe(0);
    expect(stdout).toContain('TOKENSD_LISTEN=127.0.0.1:8420\n');
    expect(stdout).toContain('TOKENSD_SMTP_URL=smtp://mailer:***@mail.example.com:587\n');
    expect(stdout).toContain('TOKENSD_TRUSTED_PROXIES=\n');
    expect(stdout).not.toContain('hunter2');
  });

  it('reports every invalid setting by name and exits 2', async () => {
    const env = {
      TOKENSD_LISTEN: 'nowhere',
      TOKENSD_PUBLIC_URL: 'tokens.example.com',
      TOKENSD_DATABASE_URL: 'mysql://x',
      TOKENSD_SMTP_URL: 'http://mail',
      TOKENSD_TRUSTED_PROXIES: '10.0.0.0/8,10.0.0.300',
      TOKENSD_TOKEN_PREFIX: 'T',
      TOKENSD_MAX_TOKENS_PER_USER: '0',
      TOKENSD_MAX_EXPIRY: '1d',
      TOKENSD_DEFAULT_EXPIRY: '2d',
      TOKENSD_LOG_LEVEL: 'loud',
    };
    const runs = ['config', 'serve', 'migrate'].map((command) => runProgram('tokensd', [command], { env }));
    for (const failed of await Promise.all(runs)) {
      expect(failed).toMatchObject({ code: 2, stdout: '' });
      for (const name of Object.keys(env).filter((key) => key !== 'TOKENSD_MAX_EXPIRY'))
        expect(failed.stderr).toContain(name);
    }
  });
});

describe('tokensd mail', () => {
  it('lists dead letters and requeues them while a daemon is running', async () => {
    const rejectingServer = await startMailServer(0, {
      onRcptTo: (_address, _session, callback) =>
        callback(Object.assign(new Error('no such user'), { responseCode: 550 })),
    });
    const dataDir = await newDataDir();
    const daemon = await start(dataDir, { TOKENSD_SMTP_URL: rejectingServer.url });
    const client = await signIn(daemon.url, superuser);
    await client.request('POST', '/tokens', { name: 'ci' });
    const mail = (...args: string[]) =>
      runProgram('tokensd', ['mail', ...args], { env: { TOKENSD_DATA_DIR: dataDir } });
    await eventually(() => daemon.stderr().includes('mail given up'), 'the mail to be given up', 10_000);
    const nonEmptyList = async () => {
      const result = await mail('list');
      return result.stdout !== '' && result;
    };
    const { stdout, code } = await eventually(nonEmptyList, 'a dead letter', 10_000);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^given-up\t\d{4}-\S+Z\t1\t\d{4}-\S+Z\troot@example\.com\t[^\t]*ci[^\t]*\t[^\t]*no such user[^\t]*\n$/,
    );
    const { port } = rejectingServer;
    await rejectingServer.close();
    const acceptingServer = await startMailServer(port);
    expect((await mail('retry', '--to', 'nobody@example.com')).stderr).toBe('0 mails will be sent again.\n');
    expect(await mail('retry')).toMatchObject({ code: 0, stdout: '', stderr: '1 mail will be sent again.\n' });
    await eventually(() => acceptingServer.received.length === 1, 'the mail', 5_000);
    expect(await mail('list')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'No mail waits, and none was given up.\n',
    });
    await acceptingServer.close();
  });
});

describe('tokensd', () => {
  it.each([[[]], [['help']], [['--help']]])('shows its help for %j and exits 0', async (args) => {
    const { code, stdout, stderr } = await runProgram('tokensd', args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['serve', 'init', 'migrate', 'config']) expect(stdout).toContain(command);
  });

  it.each([[['sevre']], [['mail', 'sevre']]])('names the unknown command and exits 2 for %j', async (args) => {
    const result = await runProgram('tokensd', args);
    expect(result).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'sevre'"),
    });
  });
});
