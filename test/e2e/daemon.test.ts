import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { signIn, verify } from '../helpers/api.ts';
import { freePort, prepareDaemon, startDaemon, superuser } from '../helpers/daemon.ts';
import { eventually, runProgram } from '../helpers/process.ts';

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function newDataDir(): Promise<string> {
  const { dataDir, remove } = await prepareDaemon();
  cleanups.push(remove);
  return dataDir;
}

async function start(dataDir: string, env: Record<string, string> = {}) {
  const daemon = await startDaemon(dataDir, env);
  cleanups.push(() => daemon.stop('SIGKILL'));
  return daemon;
}

describe('tokensd serve', () => {
  it('refuses a second daemon on the same file, under whatever name, and takes over once the first was killed', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const alias = `${dataDir}-alias`;
    await symlink(dataDir, alias);
    cleanups.push(() => rm(alias));
    for (const directory of [dataDir, alias]) {
      const second = await runProgram('tokensd', ['serve'], {
        env: { TOKENSD_DATA_DIR: directory, TOKENSD_LISTEN: '127.0.0.1:0' },
      });
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(second.stderr).toContain('tokens.db.lock');
    }
    await first.stop('SIGKILL');
    const third = await start(dataDir);
    expect((await fetch(`${third.url}/readyz`)).status).toBe(200);
  });

  it('keeps every acknowledged change and refuses every revoked token after kill -9', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const root = await signIn(first.url, superuser);
    const kept = await root.createToken('kept');
    const revoked = await root.createToken('revoked');
    expect((await root.request('DELETE', `/tokens/${revoked.id}`)).status).toBe(204);
    await first.stop('SIGKILL');
    const second = await start(dataDir);
    expect((await verify(second.url, kept.token)).status).toBe(200);
    const refused = await verify(second.url, revoked.token);
    expect([refused.status, refused.headers.get('x-tokens-reason')]).toEqual([401, 'revoked']);
  });

  it('writes the last uses when it is told to stop, and exits 0', async () => {
    const dataDir = await newDataDir();
    const first = await start(dataDir);
    const root = await signIn(first.url, superuser);
    const { id, token } = await root.createToken('ci');
    await verify(first.url, token, {
      'X-Forwarded-Method': 'PUT',
      'X-Forwarded-Uri': '/deploy/7?x=1',
      'X-Forwarded-For': '203.0.113.9',
    });
    expect(await first.stop('SIGTERM')).toBe(0);
    const second = await start(dataDir);
    const again = await signIn(second.url, superuser);
    const read = (await (await again.request('GET', `/tokens/${id}`)).json()) as { last_used: unknown };
    expect(read.last_used).toMatchObject({ method: 'PUT', path: '/deploy/7', ip: '203.0.113.9', user_agent: 'node' });
  });

  it('answers what is in flight before it stops', async () => {
    const daemon = await start(await newDataDir());
    const body = JSON.stringify(superuser);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
    const begun = request(`${daemon.url}/api/v1/sessions`, { method: 'POST', headers });
    const status = new Promise((resolve, reject) => {
      begun.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    begun.write(body.slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = daemon.stop('SIGTERM');
    await eventually(() => daemon.stderr().includes('"msg":"stopping"'), 'the daemon to begin to stop');
    begun.end(body.slice(10));
    expect(await status).toBe(201);
    expect(await stopped).toBe(0);
  });

  it('says exactly how to make the first superuser when there is no member', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tokensd-empty-'));
    cleanups.push(() => rm(dataDir, { recursive: true }));
    const daemon = await start(dataDir);
    expect(daemon.stderr()).toContain('node bin/tokensd.js init --email you@example.com');
  });

  it('says that its port is taken', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => other.close(resolve)));
    const refused = await runProgram('tokensd', ['serve'], {
      env: { TOKENSD_DATA_DIR: await newDataDir(), TOKENSD_LISTEN: `127.0.0.1:${port}` },
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `Cannot listen on 127.0.0.1:${port}: another program listens there. Set TOKENSD_LISTEN.`,
    );
  });

  it('answers headers over 64 KiB with 431 and goes on', async () => {
    const daemon = await start(await newDataDir());
    const status = await new Promise((resolve, reject) => {
      const long = request(`${daemon.url}/verify/forward-auth`, { headers: { 'X-Long': 'x'.repeat(70 * 1024) } });
      long.on('response', (response) => resolve(response.statusCode)).on('error', reject);
      long.end();
    });
    expect(status).toBe(431);
    expect((await fetch(`${daemon.url}/healthz`)).status).toBe(200);
  });

  it('makes its files readable by its own account only', async () => {
    const dataDir = await newDataDir();
    await start(dataDir);
    const { stat, readdir } = await import('node:fs/promises');
    const modes = await Promise.all(
      ['.', ...(await readdir(dataDir))].map(async (name) => (await stat(join(dataDir, name))).mode & 0o077),
    );
    expect(modes.every((mode) => mode === 0)).toBe(true);
  });
});

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
      'not an e-mail address',
    ],
    ['a short password', ['--email', 'x@example.com', '--password-stdin'], 'short', 'at least 12'],
    ['no password on stdin', ['--email', 'x@example.com', '--password-stdin'], '', 'at least 12'],
    ['a common password', ['--email', 'x@example.com', '--password-stdin'], 'passwordpassword', 'password'],
  ])('exits 2 for %s', async (_case, args, input, hint) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tokensd-init-'));
    cleanups.push(() => rm(dataDir, { recursive: true }));
    const refused = await runProgram('tokensd', ['init', ...args], { env: { TOKENSD_DATA_DIR: dataDir }, input });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(hint);
    expect(refused.stderr).not.toContain('    at ');
  });
});

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

  it('reports all mistakes at once, by name, and exits 2', async () => {
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
    for (const command of ['config', 'serve', 'migrate']) {
      const refused = await runProgram('tokensd', [command], { env });
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      for (const name of Object.keys(env).filter((key) => key !== 'TOKENSD_MAX_EXPIRY'))
        expect(refused.stderr).toContain(name);
    }
  });
});

describe('tokensd', () => {
  it('shows its help without a command and exits 0', async () => {
    const { code, stdout } = await runProgram('tokensd', []);
    expect(code).toBe(0);
    for (const command of ['serve', 'init', 'migrate', 'config']) expect(stdout).toContain(command);
  });

  it('exits 2 for a command it does not know', async () => {
    expect(await runProgram('tokensd', ['sevre'])).toMatchObject({ code: 2, stdout: '' });
  });
});
