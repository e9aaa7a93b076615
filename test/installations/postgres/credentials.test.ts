import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

if (hasRealParts('postgres')) {
  describe('a running daemon that can no longer connect to PostgreSQL', () => {
    let postgres: TestPostgres;
    let directory: string;
    let urlFile: string;
    let admin: pg.Client;
    beforeAll(async () => {
      postgres = await startPostgres('debian');
      directory = await mkdtemp(join(tmpdir(), 'tokens-credentials-'));
      urlFile = join(directory, 'database-url');
      admin = new pg.Client(`postgres://tokens:tokens@127.0.0.1:${postgres.port}/postgres`);
      await admin.connect();
      await admin.query("CREATE ROLE app LOGIN PASSWORD 'first'");
    }, 60_000);
    afterAll(async () => {
      await admin.end();
      await postgres.remove();
      await rm(directory, { recursive: true });
    });

    let database: string;
    let daemon: Daemon;
    let root: Client;
    let token: string;
    let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
    beforeEach(async () => {
      database = new URL(await postgres.newDatabase()).pathname.slice(1);
      await admin.query(`ALTER DATABASE ${database} OWNER TO app`);
      await admin.query("ALTER ROLE app PASSWORD 'first'");
      await writeFile(urlFile, `${urlWith('first')}\n`);
      prepared = await prepareDaemon({ TOKENSD_DATABASE_URL_FILE: urlFile });
      daemon = await startDaemon(prepared.dataDir, { TOKENSD_DATABASE_URL_FILE: urlFile });
      root = await signIn(daemon.url, superuser);
      token = (await root.createToken('ci')).token;
    });
    afterEach(async () => {
      await daemon.stop('SIGKILL');
      await prepared.remove();
    });

    const urlWith = (password: string) => `postgres://app:${password}@127.0.0.1:${postgres.port}/${database}`;
    const endConnections = () =>
      admin.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'app'");
    const statuses = async () => {
      const requests = [
        () => verify(daemon.url, token),
        () => root.request('GET', '/me'),
        () => root.request('POST', '/tokens', { name: `n${performance.now()}` }),
        () => fetch(`${daemon.url}/readyz`),
      ];
      return Promise.all(requests.map(async (send) => (await send()).status));
    };
    const outage = [503, 503, 503, 503];

    const causes: Array<[string, RegExp, () => Promise<unknown>, () => Promise<unknown>]> = [
      [
        'its password changes',
        /Cannot connect to the database: password authentication failed for user \\"app\\"\. Check the password in TOKENSD_DATABASE_URL/,
        () => admin.query("ALTER ROLE app PASSWORD 'second'"),
        () => writeFile(urlFile, urlWith('second')),
      ],
      [
        'its database is renamed',
        /Cannot connect to the database: database \\"\w+\\" does not exist\. Create the database/,
        async () => {
          await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
          await endConnections();
          await admin.query(`ALTER DATABASE ${database} RENAME TO ${database}_new`);
          await admin.query(`ALTER DATABASE ${database}_new ALLOW_CONNECTIONS true`);
        },
        () => admin.query(`ALTER DATABASE ${database}_new RENAME TO ${database}`),
      ],
      [
        'there is no connection left for it',
        /Cannot connect to the database: too many connections for role \\"app\\"\. Raise max_connections/,
        () => admin.query('ALTER ROLE app CONNECTION LIMIT 0'),
        () => admin.query('ALTER ROLE app CONNECTION LIMIT -1'),
      ],
      [
        'its role may not log in',
        /Cannot connect to the database: role \\"app\\" is not permitted to log in\. Check the role/,
        () => admin.query('ALTER ROLE app NOLOGIN'),
        () => admin.query('ALTER ROLE app LOGIN'),
      ],
    ];

    it.each(causes)(
      'responds 503 and logs the cause if %s, and recovers without a restart',
      async (_name, logged, begin, end) => {
        await eventually(async () => (await statuses()).every((status) => status < 300), 'the daemon to be ready');
        await begin();
        await endConnections();
        await eventually(
          async () => (await statuses()).every((status) => status === 503),
          'every connection to be gone',
        );
        expect(await statuses()).toEqual(outage);
        const problem = await root.request('GET', '/me');
        expect(await problem.json()).toMatchObject({ status: 503, code: 'unavailable' });
        expect(daemon.stderr()).toMatch(logged);
        await end();
        await eventually(
          async () => (await statuses()).every((status) => status < 300),
          'the daemon to recover',
          5_000,
        );
        expect(daemon.stderr()).not.toContain('"code":"internal"');
      },
    );

    it('keeps the last URL while the file is missing or unfinished', async () => {
      for (const content of ['', 'postgres://app:first@127.0.0.1:x/y', null]) {
        if (content === null) await rm(urlFile);
        else await writeFile(urlFile, content);
        await endConnections();
        await eventually(async () => (await statuses()).every((status) => status < 300), 'new connections', 5_000);
      }
    });
  });
}
