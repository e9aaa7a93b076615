import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { runProgram } from '../helpers/daemon/process.ts';

const { newDataDir, emptyDataDir, start } = useDaemons();

describe('tokensd init', () => {
  it('changes nothing for an address that is taken, in any case, and exits 5', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const env = { TOKENSD_DATA_DIR: dataDir };
    const again = await runProgram('tokensd', ['init', '--email', superuser.email.toUpperCase(), '--password-stdin'], {
      env,
      input: 'another password altogether',
    });
    expect(again).toMatchObject({ code: 5, stdout: '' });
    await expect(signIn(daemon.url, superuser)).resolves.toBeDefined();
  });

  it('adds a superuser with the permission beside a running daemon', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const second = { email: 'second@example.com', password: 'analytical engines forever' };
    const made = await runProgram('tokensd', ['init', '--email', second.email, '--password-stdin'], {
      env: { TOKENSD_DATA_DIR: dataDir },
      input: `${second.password}\r\n`,
    });
    expect(made).toMatchObject({ code: 0, stdout: '' });
    const client = await signIn(daemon.url, second);
    expect(client.user).toMatchObject({ superuser: true, can_manage_tokens: true });
  });

  it.each([
    ['no terminal and no --password-stdin', ['--email', 'x@example.com'], '', '--password-stdin'],
    ['no e-mail address', ['--password-stdin'], 'analytical engines forever', '--email'],
    [
      'an address that is none',
      ['--email', 'x', '--password-stdin'],
      'analytical engines forever',
      'Enter an email address',
    ],
    ['a short password', ['--email', 'x@example.com', '--password-stdin'], 'short', 'at least 12'],
    ['no password on stdin', ['--email', 'x@example.com', '--password-stdin'], '', 'at least 12'],
    ['a common password', ['--email', 'x@example.com', '--password-stdin'], 'passwordpassword', 'password'],
  ])('exits 2 for %s', async (_case, args, input, hint) => {
    const dataDir = await emptyDataDir();
    const refused = await runProgram('tokensd', ['init', ...args], { env: { TOKENSD_DATA_DIR: dataDir }, input });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(hint);
    expect(refused.stderr).not.toContain('    at ');
  });
});
