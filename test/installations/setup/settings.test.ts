import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeHome } from '../../helpers/cli/home.ts';
import { freePort, superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { startTlsProxy } from '../../helpers/peers/tls-proxy.ts';

const { newDataDir, emptyDataDir, start, cleanUp } = useDaemons();
const secret = 'canary-of-the-mail-server';

/** Returns the lines of `tokensd config` by the name of the setting. */
async function shownSettings(env: Record<string, string>): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await runProgram('tokensd', ['config'], { env });
  expect(code, stderr).toBe(0);
  expect(stdout + stderr).not.toContain(secret);
  return Object.fromEntries(stdout.split('\n').map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
}

describe('settings in files', () => {
  it('come from systemd credentials that NAME_FILE names, and not from others', async () => {
    // As systemd mounts them: `LoadCredential=smtp-url:…` and `Environment=TOKENSD_SMTP_URL_FILE=%d/smtp-url`.
    const credentials = join(await emptyDataDir(), 'tokensd.service');
    await mkdir(credentials);
    await writeFile(join(credentials, 'smtp-url'), `smtp://mailer:${secret}@127.0.0.1:1\n`, { mode: 0o400 });
    await writeFile(join(credentials, 'organization'), 'Example Corp\n', { mode: 0o400 });
    await writeFile(join(credentials, 'TOKENSD_TOKEN_PREFIX'), 'other\n', { mode: 0o400 });
    await chmod(credentials, 0o500);
    const dataDir = await newDataDir();
    const env = {
      CREDENTIALS_DIRECTORY: credentials,
      TOKENSD_DATA_DIR: dataDir,
      TOKENSD_SMTP_URL_FILE: `${credentials}/smtp-url`,
      TOKENSD_ORGANIZATION_FILE: `${credentials}/organization`,
    };
    const daemon = await start(dataDir, env);
    expect(await (await fetch(`${daemon.url}/login`)).text()).toContain('Example Corp');
    expect(daemon.stderr()).not.toContain(secret);
    expect(await readFile(`/proc/${daemon.pid}/environ`, 'utf8')).not.toContain(secret);
    expect(await shownSettings(env)).toMatchObject({
      TOKENSD_SMTP_URL: 'smtp://mailer:***@127.0.0.1:1',
      TOKENSD_ORGANIZATION: 'Example Corp',
      TOKENSD_TOKEN_PREFIX: 'tok',
    });
  });

  it('come from the file that TOKENSD_CONFIG names, for every command, and the environment wins', async () => {
    const dataDir = await newDataDir();
    const [port, organization] = [await freePort(), join(dataDir, 'organization')];
    await writeFile(organization, 'From a file\n');
    const file = join(await emptyDataDir(), 'tokensd.env');
    const lines = [
      '# Settings of tokensd',
      `TOKENSD_LISTEN=127.0.0.1:${port}`,
      `TOKENSD_DATA_DIR="${dataDir}"`,
      'TOKENSD_ORGANIZATION=Overridden',
      `TOKENSD_SMTP_URL='smtp://mailer:${secret}@127.0.0.1:1'`,
      'TOKENSD_TOKEN_PREFIX=corp',
    ];
    await writeFile(file, lines.join('\n'), { mode: 0o600 });
    const env = { TOKENSD_CONFIG: file, TOKENSD_ORGANIZATION_FILE: organization };
    expect(await shownSettings(env)).toMatchObject({
      TOKENSD_LISTEN: `127.0.0.1:${port}`,
      TOKENSD_ORGANIZATION: 'From a file',
      TOKENSD_SMTP_URL: 'smtp://mailer:***@127.0.0.1:1',
      TOKENSD_TOKEN_PREFIX: 'corp',
    });
    const daemon = await start(dataDir, { ...env, TOKENSD_LISTEN: '', TOKENSD_DATA_DIR: '' });
    expect(daemon.url).toBe(`http://127.0.0.1:${port}`);
    expect(await runProgram('tokensd', ['healthy'], { env })).toMatchObject({ code: 0 });

    await writeFile(file, [...lines, 'TOKENSD_MAIL_FORM=tokens@example.com', secret].join('\n'));
    const broken = await runProgram('tokensd', ['config'], { env });
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain(`TOKENSD_CONFIG names ${file}, whose line 8 is not NAME=VALUE`);
    await writeFile(file, [...lines, 'TOKENSD_MAIL_FORM=tokens@example.com'].join('\n'));
    const unknown = await runProgram('tokensd', ['config'], { env });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(
      `TOKENSD_MAIL_FORM (from ${file}) is not a setting of this version. Did you mean TOKENSD_MAIL_FROM?`,
    );
    for (const { stdout, stderr } of [broken, unknown]) expect(stdout + stderr).not.toContain(secret);
  });

  it('stop the start if they cannot be read, or if the setting is set twice', async () => {
    const missing = join(await emptyDataDir(), 'missing');
    for (const [env, message] of [
      [{ TOKENSD_SMTP_URL_FILE: missing }, `TOKENSD_SMTP_URL_FILE names ${missing}, which cannot be read`],
      [{ TOKENSD_CONFIG: missing }, `TOKENSD_CONFIG names ${missing}, which cannot be read`],
      [
        { TOKENSD_SMTP_URL_FILE: missing, TOKENSD_SMTP_URL: `smtp://mailer:${secret}@127.0.0.1` },
        'TOKENSD_SMTP_URL and TOKENSD_SMTP_URL_FILE are both set. Remove one of them',
      ],
    ] as const) {
      const { code, stderr } = await runProgram('tokensd', ['serve'], { env });
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain(secret);
    }
  });
});

describe.skipIf(!hasRealParts('nginx', 'openssl')).each([
  ['passes the path on', ''],
  ['strips the path', '/'],
])('a public URL with a path, behind nginx that %s', (_kind, ending) => {
  it('is where members and the command line reach the built daemon', async () => {
    const [port, publicPort, dataDir] = [await freePort(), await freePort(), await newDataDir()];
    const publicUrl = `https://localhost:${publicPort}/tokens`;
    const env = { TOKENSD_LISTEN: `127.0.0.1:${port}`, TOKENSD_PUBLIC_URL: `${publicUrl}/`, TOKENSD_DATA_DIR: dataDir };
    await start(dataDir, env);
    const proxy = await startTlsProxy(publicPort, { '/tokens/': `http://127.0.0.1:${port}${ending}` });
    cleanUp(proxy.stop);
    const home = await makeHome();
    cleanUp(home.remove);
    const cli = { ...home.env, NODE_EXTRA_CA_CERTS: proxy.certificate };

    const login = ['login', publicUrl, '--email', superuser.email, '--password-stdin'];
    expect(await runProgram('tokens', login, { env: cli, input: superuser.password })).toMatchObject({ code: 0 });
    const created = await runProgram('tokens', ['create', 'ci'], { env: cli });
    expect(created.code, created.stderr).toBe(0);
    const [config, credentials] = await Promise.all(
      ['config.json', 'credentials.json'].map((name) => readFile(join(home.path, '.config', 'tokens', name), 'utf8')),
    );
    expect(config).toContain(publicUrl);
    expect(credentials).toContain(`localhost:${publicPort}/tokens/`);
    const check = await runProgram('tokensd', ['check'], { env: { ...env, NODE_EXTRA_CA_CERTS: proxy.certificate } });
    expect(check.stdout).toContain(`${publicUrl} leads to tokensd.`);
    const direct = await fetch(`http://127.0.0.1:${port}/tokens/login`);
    expect(direct.headers.getSetCookie().join('\n')).toMatch(/^__Secure-tokens_\w+=\S*; .*Path=\/tokens; /m);
    expect((await fetch(`http://127.0.0.1:${port}/tokens/metrics`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/tokens/metrics`, { headers: { Via: 'x' } })).status).toBe(403);
  });
});
