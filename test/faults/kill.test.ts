import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import sqlite3 from 'sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, disconnect } from '../../server/store/engine/sqlite/connection.ts';
import { addDeveloper, signIn } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';
import {
  compare,
  type KnownToken,
  type Load,
  newLoad,
  newWorker,
  type Query,
  randomFrom,
  readFacts,
  resolveDoubt,
  type Worker,
  work,
  wrongVerdict,
} from '../helpers/faults/kill-load.ts';
import { isFullLength } from '../helpers/length.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

/** `KILL_SEED=… npx vitest …` repeats the random choices of a run, but not its timing. */
const seed = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));
/** How often the daemon on each of two databases is killed. */
const rounds = isFullLength ? { sqlite: 50, postgres: 15 } : { sqlite: 12, postgres: 10 };
const workersPerDatabase = 6;
const killAfterMs = { min: 5, max: 400 };
/** Each round checks the tokens it changed and a few others. Every n-th round checks all tokens. */
const roundsBetweenFullChecks = 10;
const roundsBetweenColdKills = 4;

/** The daemon's database, as the test reads it directly. */
interface Database {
  env: Record<string, string>;
  query: Query;
  /** Resolves once no statement of the killed daemon can still take effect. */
  settled(killedAt: Date): Promise<void>;
  findDamage(): Promise<string[]>;
  /** Whether leases end at start-up. On PostgreSQL, the leases of the killed daemon have to run out. */
  leasesEndAtStart: boolean;
  close(): Promise<void>;
}

async function openSqliteDatabase(dataDir: string): Promise<Database> {
  const database = await connect(join(dataDir, 'tokens.db'), sqlite3.OPEN_READONLY);
  const query: Query = (sql) =>
    new Promise((resolve, reject) => {
      database.all<Record<string, unknown>>(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  return {
    env: { TOKENSD_LOG_LEVEL: 'info' },
    query,
    settled: async () => {},
    async findDamage() {
      const rows = [...(await query('PRAGMA integrity_check')), ...(await query('PRAGMA foreign_key_check'))];
      return rows.map((row) => JSON.stringify(row)).filter((row) => row !== '{"integrity_check":"ok"}');
    },
    leasesEndAtStart: true,
    close: () => disconnect(database),
  };
}

async function openPostgresDatabase(databaseUrl: string): Promise<Database> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const others = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'tokensd' AND datname = current_database()";
  return {
    env: { TOKENSD_LOG_LEVEL: 'info', TOKENSD_DATABASE_URL: databaseUrl },
    query: async (sql) => (await client.query(sql)).rows,
    async settled(killedAt) {
      const orphans = () => client.query(`${others} AND backend_start < $1`, [killedAt]);
      await eventually(async () => (await orphans()).rowCount === 0, 'the killed daemon’s connections to end');
    },
    findDamage: async () => [],
    leasesEndAtStart: false,
    close: () => client.end(),
  };
}

interface Lane {
  name: string;
  dataDir: string;
  database: Database;
  daemon: Daemon;
  rootSession: string;
  workers: Worker[];
  random: () => number;
  load: Load;
}

describe('a daemon that is killed at any moment under load', () => {
  const cleanups: Array<() => Promise<unknown>> = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function openLane(name: string, laneSeed: number, databaseUrl?: string): Promise<Lane> {
    const { dataDir, remove } = await prepareDaemon(
      databaseUrl === undefined ? {} : { TOKENSD_DATABASE_URL: databaseUrl },
    );
    cleanups.push(remove);
    const database = await (databaseUrl === undefined
      ? openSqliteDatabase(dataDir)
      : openPostgresDatabase(databaseUrl));
    cleanups.push(() => database.close());
    const daemon = await startDaemon(dataDir, database.env);
    cleanups.push(() => daemon.stop('SIGKILL'));
    const root = await signIn(daemon.url, superuser);
    const workers: Worker[] = [];
    for (let number = 0; number < workersPerDatabase; number += 1) {
      const { user, session } = await addDeveloper(daemon.url, root, `worker-${number}@example.com`);
      workers.push(newWorker(number, user, session));
    }
    const lane: Lane = {
      ...{ name, dataDir, database, daemon, rootSession: root.session, workers },
      ...{ random: randomFrom(laneSeed), load: newLoad() },
    };
    cleanups.push(() => lane.daemon.stop('SIGKILL'));
    return lane;
  }

  /** Puts load on the daemon, kills it, restarts it, and returns every inconsistency found. */
  async function killAndCheck(lane: Lane, round: number): Promise<string[]> {
    const { load, workers, random, rootSession, database } = lane;
    const { url } = lane.daemon;
    const delay = killAfterMs.min + random() * (killAfterMs.max - killAfterMs.min);
    const label = `r${round}`;
    let acknowledged = () => {};
    const begun = new Promise<void>((resolve) => {
      acknowledged = resolve;
    });
    // A new daemon responds slowly at first, so in most rounds the kill waits for the first acknowledgement.
    if (round % roundsBetweenColdKills === 0) acknowledged();
    const loads = workers.map((worker) => work(worker, { url, rootSession, random, load, label, acknowledged }));
    await Promise.race([begun, pause(10_000, undefined, { ref: false })]);
    await pause(delay);
    const killed = lane.daemon.stop('SIGKILL');
    await Promise.all([...loads, killed]);
    const killedAt = new Date();
    lane.daemon = await startDaemon(lane.dataDir, database.env);
    await database.settled(killedAt);

    const facts = await readFacts(database.query);
    for (const worker of workers) resolveDoubt(worker, facts);
    const findings = [...load.problems, ...compare(workers, facts), ...(await database.findDamage())];
    const full = (round + 1) % roundsBetweenFullChecks === 0;
    return [
      ...findings,
      ...(await wrongVerdicts(lane, full ? () => true : (_, touched) => touched || random() < 0.05)),
    ];
  }

  async function wrongVerdicts(
    lane: Lane,
    wanted: (token: KnownToken, touched: boolean) => boolean,
  ): Promise<string[]> {
    const findings: Array<string | null> = [];
    const check = async (worker: Worker) => {
      for (const token of worker.tokens.values()) {
        if (token.value === null || !wanted(token, worker.touched.has(token))) continue;
        findings.push(await wrongVerdict(lane.daemon.url, worker, token));
      }
    };
    await Promise.all(lane.workers.map(check));
    return findings.filter((finding) => finding !== null);
  }

  /** Waits until all mail is sent, stops the daemon, and returns every mail that is missing or was sent twice. */
  async function unsentMail({ daemon, dataDir, database }: Lane): Promise<string[]> {
    const waiting = database.leasesEndAtStart ? 'sent_at IS NULL' : 'sent_at IS NULL AND lease_id IS NULL';
    const unsent = async () => (await database.query(`SELECT id FROM outbox WHERE ${waiting}`)).length;
    await eventually(async () => (await unsent()) === 0, 'all mail to be sent', 20_000);
    const sent = await database.query('SELECT id FROM outbox WHERE sent_at IS NOT NULL');
    const lost = await database.query('SELECT id FROM outbox WHERE sent_at IS NULL AND due_at IS NULL');
    const code = await daemon.stop();
    // On a slow machine, every daemon may have been killed before it wrote the first file.
    const directory = join(dataDir, 'mail');
    const files = existsSync(directory) ? await readdir(directory) : [];
    const ids = new Set(files.map((file) => /-([^-]+-[^-]+-[^-]+-[^-]+-[^-]+)\.eml$/.exec(file)?.[1]));
    return [
      ...(code === 0 ? [] : [`SIGTERM: exit code ${code}`]),
      ...lost.map(({ id }) => `mail ${id} was given up`),
      ...sent
        .filter(({ id }) => !ids.has(String(id)))
        .map(({ id }) => `mail ${id} is marked as sent, but there is no file`),
      ...(database.leasesEndAtStart && files.length !== sent.length ? [`${files.length} files of mail`] : []),
    ];
  }

  async function run(lane: Lane, count: number): Promise<void> {
    const runLabel = (round: number) => `KILL_SEED=${seed}, ${lane.name}, round ${round}`;
    for (let round = 0; round < count; round += 1) {
      const findings = await killAndCheck(lane, round).catch((cause: unknown) => {
        throw new Error(`${runLabel(round)}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      });
      expect(findings, runLabel(round)).toEqual([]);
    }
    expect(await wrongVerdicts(lane, () => true), runLabel(count)).toEqual([]);
    expect(await unsentMail(lane), runLabel(count)).toEqual([]);
  }

  async function runAll(lanes: Lane[], count: number): Promise<void> {
    await Promise.all(lanes.map((lane) => run(lane, count)));
    // Otherwise the daemons were killed before they did anything, and the test proves nothing.
    const kinds = ['create', 'revoke', 'permission', 'rename', 'add'] as const;
    const acknowledged = kinds.map((what) => lanes.reduce((sum, { load }) => sum + load.acknowledged[what], 0));
    const label = `KILL_SEED=${seed}: acknowledged ${kinds.map((what, index) => `${what} ${acknowledged[index]}`)}`;
    expect(Math.min(...acknowledged), label).toBeGreaterThan(0);
    expect(
      acknowledged.reduce((sum, number) => sum + number, 0),
      label,
    ).toBeGreaterThan(lanes.length * count);
  }

  it(`loses no acknowledged change and leaves none half done, ${2 * rounds.sqlite} times on SQLite`, async () => {
    const lanes = [await openLane('SQLite a', seed), await openLane('SQLite b', seed + 1)];
    await runAll(lanes, rounds.sqlite);
  });

  describe('with PostgreSQL', () => {
    let postgres: TestPostgres;
    beforeAll(async () => {
      postgres = await startPostgres('embedded', { durable: true });
    });
    afterAll(() => postgres.remove());

    it(`loses no acknowledged change and leaves none half done, ${2 * rounds.postgres} times`, async () => {
      const urls = [await postgres.newDatabase(), await postgres.newDatabase()];
      const lanes = await Promise.all(urls.map((url, index) => openLane(`PostgreSQL ${index}`, seed + index, url)));
      await runAll(lanes, rounds.postgres);
    });
  });
});
