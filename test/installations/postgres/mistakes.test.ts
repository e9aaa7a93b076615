import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareDaemon } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { giveAway, startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

/** Less than the minute for which PostgreSQL keeps a connection that does not sign in. */
const maxDurationMs = 45_000;

if (hasRealParts('postgres', 'openssl')) {
  let postgres: TestPostgres;
  let url: URL;
  let directory: string;
  let sqlite: Awaited<ReturnType<typeof prepareDaemon>>;

  beforeAll(async () => {
    postgres = await startPostgres('debian');
    url = new URL(await postgres.newDatabase());
    directory = await mkdtemp(join(tmpdir(), 'tokens-mistakes-'));
    sqlite = await prepareDaemon();
    await administer("CREATE ROLE weak LOGIN PASSWORD 'weak'");
  }, 60_000);
  afterAll(async () => {
    await sqlite.remove();
    await postgres.remove();
    await rm(directory, { recursive: true });
  });

  const administer = async (...statements: string[]) => {
    const client = new pg.Client(url.href);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };

  /** Runs a command and expects it to end promptly with exit code 1 and this message. */
  const expectFailure = async (args: string[], databaseUrl: string, message: string) => {
    const began = performance.now();
    const env = { TOKENSD_DATABASE_URL: databaseUrl, TOKENSD_DATA_DIR: directory, TOKENSD_LISTEN: '127.0.0.1:0' };
    const { code, stderr } = await runProgram('tokensd', args, { env, input: 'correct horse battery staple' });
    expect({ code, stderr: stderr.replaceAll(/^(?:Moving|Checking) .*\n/gm, '') }).toEqual({
      code: 1,
      stderr: `${message}\n`,
    });
    expect(performance.now() - began).toBeLessThan(maxDurationMs);
  };

  const withParts = (
    parts: Partial<Pick<URL, 'username' | 'password' | 'hostname' | 'port' | 'pathname' | 'search'>>,
  ) => Object.assign(new URL(url), parts).href;
  const connecting = (words: string, remedy: string) => `Cannot connect to the database: ${words}. ${remedy}`;
  const setting = 'TOKENSD_DATABASE_URL';

  it('ends every command at once if the server asks for a password and none is set', async () => {
    const bare = withParts({ password: '' });
    const message = (where: string) =>
      connecting('the server asks for a password, and none is set', `Set the password in ${where} or in PGPASSWORD.`);
    const commands = [
      ['serve'],
      ['migrate'],
      ['init', '--email', 'root@example.com', '--password-stdin'],
      ['mail', 'list'],
      ['mail', 'retry'],
    ];
    await Promise.all(commands.map((args) => expectFailure(args, bare, message(setting))));
    const move = ['migrate-store', '--from', `sqlite:${sqlite.dataDir}/tokens.db`, '--to', bare];
    await expectFailure(move, bare, `${message('--to')} Run the same command again.`);
    for (const args of [
      ['backup', join(directory, 'copy.db')],
      ['restore', join(directory, 'copy.db')],
    ]) {
      const env = { TOKENSD_DATABASE_URL: bare, TOKENSD_DATA_DIR: directory };
      expect((await runProgram('tokensd', args, { env })).code).toBe(2);
    }
  });

  it('names a wrong password, and how to write special characters', async () => {
    await expectFailure(
      ['serve'],
      withParts({ password: 'wrong' }),
      connecting(
        'password authentication failed for user "tokens"',
        `Check the password in ${setting} or PGPASSWORD; in a URL, write / as %2F, # as %23, ? as %3F and % as %25.`,
      ),
    );
  });

  it('names a database that does not exist', async () => {
    await expectFailure(
      ['serve'],
      withParts({ pathname: '/missing' }),
      connecting(
        'database "missing" does not exist',
        `Create the database with createdb, or correct its name in ${setting}.`,
      ),
    );
  });

  it('names the schema on which the role has no rights, and the GRANT', async () => {
    const message =
      'The database rejects this: permission denied for schema public. As the owner, run GRANT USAGE, CREATE ON SCHEMA public TO the role, or make the role the owner of the tables.';
    const weak = withParts({ username: 'weak', password: 'weak' });
    await expectFailure(['serve'], weak, message);
    await expectFailure(['migrate'], weak, message);
  });

  it('names a role that may not connect', async () => {
    await administer('CREATE ROLE nologin', "ALTER ROLE nologin PASSWORD 'nologin'");
    await expectFailure(
      ['migrate'],
      withParts({ username: 'nologin', password: 'nologin' }),
      connecting(
        'role "nologin" is not permitted to log in',
        `Check the role and the database in ${setting}, and the server's pg_hba.conf.`,
      ),
    );
  });

  it('says that the server has no connection left', async () => {
    const { pathname } = new URL(await postgres.newDatabase());
    await administer(`ALTER DATABASE ${pathname.slice(1)} CONNECTION LIMIT 0`);
    await expectFailure(
      ['migrate'],
      withParts({ username: 'weak', password: 'weak', pathname }),
      connecting(
        `too many connections for database "${pathname.slice(1)}"`,
        'Raise max_connections to 14 for each daemon, or put a pooler such as pgbouncer before the server.',
      ),
    );
  });

  it('names a host that does not resolve, and a port on which nothing listens', async () => {
    const remedy = `Check the host and the port in ${setting}, and that the server runs.`;
    await expectFailure(
      ['migrate'],
      withParts({ hostname: 'db.invalid' }),
      connecting('getaddrinfo ENOTFOUND db.invalid', remedy),
    );
    await expectFailure(['migrate'], withParts({ port: '1' }), connecting('connect ECONNREFUSED 127.0.0.1:1', remedy));
  });

  it('says what to do about TLS: no TLS, a self-signed certificate, another host name, a missing file', async () => {
    const requiring = (search: string, hostname = 'localhost') => withParts({ hostname, search });
    await expectFailure(
      ['migrate'],
      requiring('?sslmode=require'),
      connecting(
        'the server does not support TLS',
        `Turn on ssl in postgresql.conf, or use sslmode=disable in ${setting}.`,
      ),
    );
    const { certificate, key } = createCertificate();
    await administer(
      `ALTER SYSTEM SET ssl_cert_file = '${certificate}'`,
      `ALTER SYSTEM SET ssl_key_file = '${key}'`,
      'ALTER SYSTEM SET ssl = on',
      'SELECT pg_reload_conf()',
      'SELECT pg_sleep(1)',
    );
    const remedy = `Add sslrootcert=/path/to/ca.pem to ${setting}, or use sslmode=no-verify to encrypt without checking the certificate.`;
    for (const mode of ['require', 'verify-full']) {
      await expectFailure(['migrate'], requiring(`?sslmode=${mode}`), connecting('self-signed certificate', remedy));
    }
    await expectFailure(
      ['migrate'],
      requiring(`?sslmode=verify-full&sslrootcert=${certificate}`, '127.0.0.1'),
      connecting(
        "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list",
        `Use a host name in ${setting} that the certificate contains, or use sslmode=no-verify to encrypt without checking it.`,
      ),
    );
    for (const [path, words] of [
      ['/missing.pem', "ENOENT: no such file or directory, open '/missing.pem'"],
      ['/', 'EISDIR: illegal operation on a directory, read'],
      ['/dev/null/x', "ENOTDIR: not a directory, open '/dev/null/x'"],
    ]) {
      await expectFailure(
        ['migrate'],
        requiring(`?sslmode=verify-full&sslrootcert=${path}`),
        `Cannot use the database URL: ${words}. Check the path of the socket, and of sslrootcert, sslcert and sslkey, in ${setting}.`,
      );
    }
    for (const search of [`?sslmode=require&sslrootcert=${certificate}`, '?sslmode=no-verify']) {
      const env = { TOKENSD_DATABASE_URL: requiring(search), TOKENSD_DATA_DIR: directory };
      const { code, stderr } = await runProgram('tokensd', ['migrate'], { env });
      expect([code, stderr.includes('WARNING')]).toEqual([0, false]);
    }
  });

  function createCertificate(): { certificate: string; key: string } {
    const [certificate, key] = [join(postgres.directory, 'cert.pem'), join(postgres.directory, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
    execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    giveAway(postgres.directory);
    execFileSync('chmod', ['644', certificate]);
    execFileSync('chmod', ['711', postgres.directory]);
    return { certificate, key };
  }
}
