import { describe, expect, it } from 'vitest';
import { enter, startOnTerminal } from '../../helpers/cli/terminal.ts';
import { signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const { newDataDir, emptyDataDir, start } = useDaemons();

describe('tokensd serve', () => {
  it.skipIf(!hasRealParts('script'))('says on a terminal where the console is and where mails go', async () => {
    const dataDir = await newDataDir();
    const env = {
      TOKENSD_DATA_DIR: dataDir,
      TOKENSD_LISTEN: '127.0.0.1:0',
      TOKENSD_PUBLIC_URL: 'https://tokens.example.com',
    };
    const terminal = startOnTerminal(['serve'], { program: 'tokensd', env, columns: 200 });
    await terminal.answer('Open the console at https://tokens.example.com', '');
    await terminal.answer(`Mails are written to ${dataDir}/mail`, '');
    terminal.kill('SIGTERM');
    const { code, screen } = await terminal.ended();
    expect(code).toBe(0);
    expect(screen).toMatch(/"msg":"listening"/);
  });

  it('writes only the log if stderr is not a terminal', async () => {
    const daemon = await start(await newDataDir());
    await daemon.stop();
    for (const line of daemon.stderr().trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });
});

describe('tokensd init', () => {
  it('changes nothing and exits 5 for an email address that is already used, in any letter case', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const env = { TOKENSD_DATA_DIR: dataDir };
    const result = await runProgram('tokensd', ['init', '--email', superuser.email.toUpperCase(), '--password-stdin'], {
      env,
      input: 'another password altogether',
    });
    expect(result).toMatchObject({ code: 5, stdout: '' });
    await expect(signIn(daemon.url, superuser)).resolves.toBeDefined();
  });

  it('adds a superuser with the permission while a daemon is running', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const second = { email: 'second@example.com', password: 'analytical engines forever' };
    const result = await runProgram('tokensd', ['init', '--email', second.email, '--password-stdin'], {
      env: { TOKENSD_DATA_DIR: dataDir },
      input: `${second.password}\r\n`,
    });
    expect(result).toMatchObject({ code: 0, stdout: '' });
    const client = await signIn(daemon.url, second);
    expect(client.user).toMatchObject({ superuser: true, can_manage_tokens: true });
  });

  it.skipIf(!hasRealParts('script'))(
    'asks for what is missing, judges the password, and asks again after a mismatch',
    async () => {
      const dataDir = await emptyDataDir();
      const password = 'analytical engines forever';
      const terminal = startOnTerminal(['init'], { program: 'tokensd', env: { TOKENSD_DATA_DIR: dataDir } });
      await terminal.answer('Email address', `ada@example.com${enter}`);
      await terminal.answer('Password (at least 12', `short${enter}`);
      await terminal.answer('too short', `\u0015${password}${enter}`);
      await terminal.answer('Repeat the password', `another one${enter}`);
      await terminal.answer('The two passwords differ', '');
      await terminal.answer('Password (at least 12', `${password}${enter}`);
      await terminal.answer('Repeat the password', `${password}${enter}`);
      const { code, screen } = await terminal.ended();
      expect(code, screen).toBe(0);
      expect(screen).toContain('ada@example.com is now an Organization Superuser');
      expect(screen).not.toContain(password);
      const daemon = await start(dataDir);
      await expect(signIn(daemon.url, { email: 'ada@example.com', password })).resolves.toBeDefined();
    },
  );

  it.each([
    ['neither a terminal nor --password-stdin', ['--email', 'x@example.com'], '', '--password-stdin'],
    ['no email address', ['--password-stdin'], 'analytical engines forever', '--email'],
    [
      'an invalid email address',
      ['--email', 'x', '--password-stdin'],
      'analytical engines forever',
      'Enter an email address',
    ],
    ['a short password', ['--email', 'x@example.com', '--password-stdin'], 'short', 'at least 12'],
    ['no password on stdin', ['--email', 'x@example.com', '--password-stdin'], '', 'at least 12'],
    ['a common password', ['--email', 'x@example.com', '--password-stdin'], 'passwordpassword', 'password'],
  ])('exits 2 for %s', async (_case, args, input, hint) => {
    const dataDir = await emptyDataDir();
    const result = await runProgram('tokensd', ['init', ...args], { env: { TOKENSD_DATA_DIR: dataDir }, input });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(hint);
    expect(result.stderr).not.toContain('    at ');
  });
});
