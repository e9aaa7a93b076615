import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { isFullLength } from '../../helpers/length.ts';
import { type Pgbouncer, startPgbouncer } from '../../helpers/peers/pgbouncer.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { startTcpProxy, type TcpProxy } from '../../helpers/peers/tcp-proxy.ts';

/** What the documentation promises. */
const maxConnections = 14;
/** How long a lock is held, in seconds: longer than every time limit of the daemon. */
const heldSeconds = isFullLength ? 20 : 4;

/** More than twice as long as the daemon's own limits, because the machine under test may be busy. */
const promptMs = 5_000;
const recoveryMs = 10_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (hasRealParts('postgres', 'pgbouncer')) {
  let postgres: TestPostgres;
  let pgbouncer: Pgbouncer;
  let network: TcpProxy;
  let direct: URL;
  let dataDir: string;
  let admin: pg.Client;
  const cleanups: Array<() => Promise<unknown>> = [];

  beforeAll(async () => {
    postgres = await startPostgres('debian');
    cleanups.push(() => postgres.remove());
    direct = new URL(await postgres.newDatabase());
    pgbouncer = await startPgbouncer(postgres.port, { poolSize: 20 });
    cleanups.push(() => pgbouncer.stop());
    network = await startTcpProxy(postgres.port);
    cleanups.push(() => network.stop());
    const prepared = await prepareDaemon({ TOKENSD_DATABASE_URL: direct.href });
    cleanups.push(prepared.remove);
    dataDir = prepared.dataDir;
    admin = new pg.Client({ connectionString: direct.href, application_name: 'operator' });
    await admin.connect();
    cleanups.push(() => admin.end());
  }, 60_000);
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  /** Returns the number of the daemon's sessions at the server. */
  const countSessions = async () => {
    const { rows } = await admin.query(
      "SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE application_name = 'tokensd'",
    );
    return rows[0].sessions as number;
  };

  interface Response {
    kind: 'verification' | 'member' | 'readiness';
    status: number;
    ms: number;
  }

  /** Sends ten verifications and ten requests of a member a second, until it is stopped. */
  function startLoad({ url }: Daemon, root: Client, token: string) {
    const responses: Response[] = [];
    let stopped = false;
    const pending = new Set<Promise<void>>();
    let maxSessions = 0;
    let lastCount = 0;
    const send = (kind: Response['kind'], request: () => Promise<globalThis.Response>) => {
      const began = performance.now();
      const sent = request()
        .then(async (response) => {
          await response.arrayBuffer();
          responses.push({ kind, status: response.status, ms: performance.now() - began });
        })
        .catch(() => {
          // A daemon that is stopped at the end of a failed test.
        })
        .finally(() => pending.delete(sent));
      pending.add(sent);
    };
    const stop = async () => {
      if (!stopped) for (const timer of [requests, counts]) clearInterval(timer);
      stopped = true;
      await Promise.all(pending);
      await counting;
      return { responses: responses.splice(0), maxSessions };
    };
    onTestFinished(async () => void (await stop()));
    const requests = setInterval(() => {
      send('verification', () => verify(url, token));
      send('member', () => root.request('GET', '/me'));
    }, 100);
    let counting = Promise.resolve();
    const counts = setInterval(() => {
      counting = counting.then(async () => {
        const sessions = await countSessions();
        // A connection that was closed is counted until its process at the server has ended, so one count alone says nothing.
        maxSessions = Math.max(maxSessions, Math.min(lastCount, sessions));
        lastCount = sessions;
      });
    }, 50);
    return {
      /** Returns the responses so far, and forgets them. */
      take: () => responses.splice(0),
      stop,
    };
  }

  /** Holds locks that the statements take, and meanwhile calls `act`. */
  async function whileLocked(statements: string[], act: () => Promise<unknown>): Promise<void> {
    const holder = new pg.Client({ connectionString: direct.href, application_name: 'holder' });
    await holder.connect();
    await holder.query('BEGIN');
    for (const statement of statements) await holder.query(statement);
    try {
      await act();
    } finally {
      await holder.query('ROLLBACK');
      await holder.end();
    }
  }

  describe.each([
    ['directly', () => direct.port],
    ['through pgbouncer', () => String(pgbouncer.port)],
  ])('a daemon that is connected %s', (_how, port) => {
    let daemon: Daemon;
    let root: Client;
    let token: string;
    beforeEach(async () => {
      const url = Object.assign(new URL(direct), { port: port() });
      daemon = await startDaemon(dataDir, { TOKENSD_DATABASE_URL: url.href, TOKENSD_LOG_LEVEL: 'info' });
      root = await signIn(daemon.url, superuser);
      token = (await root.createToken(`locks ${performance.now()}`)).token;
    });
    afterEach(async () => void (await daemon.stop('SIGKILL')));

    const expectWell = async () => {
      const began = performance.now();
      expect((await verify(daemon.url, token)).status).toBe(200);
      expect((await root.request('GET', '/me')).status).toBe(200);
      await root.createToken(`well ${performance.now()}`);
      expect(performance.now() - began).toBeLessThan(promptMs);
      expect(await countSessions()).toBeLessThanOrEqual(maxConnections);
      expect(daemon.stderr()).not.toContain('"internal"');
    };

    const statusesOf = (responses: readonly Response[], kind: Response['kind']) => [
      ...new Set(responses.filter((one) => one.kind === kind).map(({ status }) => status)),
    ];

    /** Puts the daemon under load, disturbs it, and checks the number of its connections and that it recovers. */
    async function disturb(during: (act: () => Promise<unknown>) => Promise<unknown>) {
      const load = startLoad(daemon, root, token);
      await sleep(500);
      let disturbed: Response[] = [];
      await during(async () => {
        // Requests from before may still get what they asked for.
        await sleep(500);
        load.take();
        await sleep(heldSeconds * 1000);
        disturbed = load.take();
      });
      await eventually(async () => (await verify(daemon.url, token)).status === 200, 'recovery', recoveryMs);
      await expectWell();
      const { maxSessions } = await load.stop();
      expect(maxSessions).toBeLessThanOrEqual(maxConnections);
      expect(Math.max(...disturbed.map(({ ms }) => ms))).toBeLessThan(promptMs);
      return { verified: statusesOf(disturbed, 'verification'), member: statusesOf(disturbed, 'member') };
    }

    const connectsOthers = async () => {
      const other = new pg.Client({ connectionString: direct.href, application_name: 'another application' });
      await other.connect();
      await other.end();
    };

    it.each([
      ['users', { verified: [503], member: [503] }],
      ['tokens', { verified: [503], member: [503] }],
      ['sessions', { verified: [200], member: [503] }],
      ['clients', { verified: [200], member: [200] }],
    ])('keeps to its connections while %s is locked, responds promptly, and recovers', async (table, expected) => {
      const seen = await disturb((act) =>
        whileLocked([`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`], async () => {
          await act();
          await connectsOthers();
        }),
      );
      expect(seen).toEqual(expected);
    });

    it('keeps to its connections while the superusers are locked', async () => {
      let changing = true;
      const changes = Array.from({ length: 8 }, async () => {
        while (changing) await root.request('PATCH', `/users/${root.user.id}`, { name: 'Root' });
      });
      const seen = await disturb((act) =>
        whileLocked(['SELECT 1 FROM users FOR UPDATE'], async () => {
          await act().finally(() => {
            changing = false;
          });
          await Promise.all(changes);
        }),
      );
      expect(seen.verified).toEqual([200]);
    });

    it('keeps to its connections while the server is frozen', async () => {
      const seen = await disturb(async (act) => {
        await postgres.signal('STOP');
        await act().finally(() => postgres.signal('CONT'));
      });
      expect(seen).toEqual({ verified: [503], member: [503] });
    });
  });

  it('ends its connections at the server after the network forwarded nothing for a while', async () => {
    // pgbouncer keeps the sessions of the daemons before.
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tokensd'");
    await eventually(async () => (await countSessions()) === 0, 'the end of earlier sessions');
    const url = Object.assign(new URL(direct), { port: String(network.port) });
    const daemon = await startDaemon(dataDir, { TOKENSD_DATABASE_URL: url.href, TOKENSD_LOG_LEVEL: 'info' });
    cleanups.push(() => daemon.stop('SIGKILL'));
    const root = await signIn(daemon.url, superuser);
    const { token } = await root.createToken('network');
    const load = startLoad(daemon, root, token);
    await sleep(500);
    network.freeze();
    await sleep(heldSeconds * 1000);
    network.thaw();
    await eventually(async () => (await verify(daemon.url, token)).status === 200, 'recovery', recoveryMs);
    await sleep(1_000);
    const { maxSessions } = await load.stop();
    expect(maxSessions).toBeLessThanOrEqual(maxConnections);
    expect(await countSessions()).toBeLessThanOrEqual(maxConnections);
  });
}
