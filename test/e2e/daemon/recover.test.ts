import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { useRecoveryLink } from '../../helpers/daemon/recover.ts';

const { newDataDir, emptyDataDir, start } = useDaemons();
const next = 'analytical engines forever';

const recover = (dataDir: string, email: string, env: Record<string, string> = {}) =>
  runProgram('tokensd', ['recover', '--email', email], { env: { TOKENSD_DATA_DIR: dataDir, ...env } });

describe('tokensd recover', () => {
  it('prints a link that the daemon beside it accepts once, and tells every superuser by mail', async () => {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const before = await signIn(daemon.url, superuser);
    const { code, stdout, stderr } = await recover(dataDir, superuser.email, {
      TOKENSD_PUBLIC_URL: 'https://tokens.example.com',
    });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^https:\/\/tokens\.example\.com\/recover\?token=recover_[\w-]{43}\n$/),
    ]);
    expect(stderr).toContain('It works once, until ');
    expect(stderr).not.toContain('recover_');

    const used = await useRecoveryLink(daemon.url, stdout.trim(), next);
    expect(used).toMatchObject({ opened: 200, status: 303, session: expect.any(String) });
    expect((await before.request('GET', '/me')).status).toBe(401);
    const after = await signIn(daemon.url, { email: superuser.email, password: next });
    expect(after.user.superuser).toBe(true);
    expect((await useRecoveryLink(daemon.url, stdout.trim(), next)).opened).toBe(410);

    const spool = join(dataDir, 'mail');
    const mails = await eventually(async () => {
      const names = await readdir(spool).catch(() => []);
      return names.length >= 2 && Promise.all(names.map((name) => readFile(join(spool, name), 'utf8')));
    }, 'both mails');
    const all = mails.join('\n');
    expect(all).toContain('Subject: A recovery link was created on the server');
    expect(all).toContain('Subject: A recovery link was used');
    expect(all).not.toContain('recover_');
  });

  it('creates the first member of an empty installation', async () => {
    const dataDir = await emptyDataDir();
    const { stdout, stderr } = await recover(dataDir, 'Ada@example.com');
    expect(stderr).toContain('Ada@example.com, who becomes a new member,');
    const daemon = await start(dataDir);
    expect((await useRecoveryLink(daemon.url, stdout.trim(), next)).status).toBe(303);
    const { user } = await signIn(daemon.url, { email: 'ada@example.com', password: next });
    expect(user).toMatchObject({ email: 'Ada@example.com', superuser: true });
  });

  it('exits 2 for an invalid email address and without one, and prints no link', async () => {
    const dataDir = await emptyDataDir();
    expect(await recover(dataDir, 'ada')).toMatchObject({ code: 2, stdout: '' });
    const env = { TOKENSD_DATA_DIR: dataDir };
    expect(await runProgram('tokensd', ['recover'], { env })).toMatchObject({ code: 2, stdout: '' });
  });

  it('is what tokensd init names if passwords do not sign in', async () => {
    const dataDir = await emptyDataDir();
    const env = {
      ...{ TOKENSD_DATA_DIR: dataDir, TOKENSD_PASSWORD_SIGN_IN: 'false' },
      ...{ TOKENSD_OIDC_ISSUER: 'http://127.0.0.1:9', TOKENSD_OIDC_CLIENT_ID: 'tokensd' },
    };
    const args = ['init', '--email', superuser.email, '--password-stdin'];
    const { code, stderr } = await runProgram('tokensd', args, { env, input: superuser.password });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`tokensd recover --email ${superuser.email}`)]);
  });
});
