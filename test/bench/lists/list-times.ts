import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import type { Engine } from '../../../server/store/engine/engine.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import type { Store } from '../../../server/store/store.ts';
import { type ListQuery, listQueries } from '../../helpers/lists/queries.ts';
import { type SeedKind, seedLists, sizesFor } from '../../helpers/lists/seed.ts';
import { startPostgres } from '../../helpers/peers/postgres.ts';
import { parentOf } from './cpu-time.mjs';
import { pageTimes } from './page-times.ts';

// Not a test: prints how long one page of every list takes, then the same for every page of the console and every list of the API, with
// the CPU time of the daemon and of PostgreSQL. Settings, all optional:
//
// TOKENS=1000000                          number of tokens; there are a tenth as many members, and ten times as many events
// DATABASES=sqlite:/tmp/big.db,postgres:…  databases to keep; an empty one is filled. By default, one of each kind is
//                                         created and removed.
// ONLY='audit events'                     measures only the lists whose names match this pattern, and the pages such as 'superuser /organization/tokens'

const sizes = sizesFor(Number(process.env.TOKENS ?? 1_000_000));
const databases = process.env.DATABASES?.split(',') ?? ['sqlite', 'postgres'];
const wanted = new RegExp(process.env.ONLY ?? '');
const rounds = 7;

/** A query that takes longer is not repeated. */
const longMs = 1_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function measure(kind: SeedKind, engine: Engine): Promise<void> {
  const store = createKnexStore(engine, migrations);
  const began = performance.now();
  const applied = await store.migrate();
  say(`${kind}\t${applied.length} migrations\t${(performance.now() - began).toFixed(0)} ms`);
  if (await store.users.isEmpty()) await fill(kind, engine);
  for (const query of listQueries(sizes).filter(({ name }) => wanted.test(name))) {
    say(`${kind}\t${query.name}\t${(await fastestOf(query, store)).toFixed(1)} ms`);
  }
  const postmaster = kind === 'postgres' ? await postmasterOf(engine) : undefined;
  for await (const { path, firstMs, lastMs, cpuMs } of pageTimes(store, sizes, wanted, postmaster)) {
    const first = lastMs - firstMs > 1 ? `\tfirst byte ${firstMs.toFixed(1)} ms` : '';
    say(`${kind}\t${path}\t${lastMs.toFixed(1)} ms\tCPU ${cpuMs.toFixed(1)} ms${first}`);
  }
  await store.close();
}

/** Returns the process ID of the server of a PostgreSQL database on this machine. */
async function postmasterOf({ knex, rows }: Engine): Promise<number> {
  const [row] = rows(await knex.raw('SELECT pg_backend_pid() AS backend'));
  return parentOf(Number(row?.backend));
}

async function fill(kind: SeedKind, engine: Engine): Promise<void> {
  const began = performance.now();
  if (kind === 'sqlite') await engine.knex.raw('PRAGMA synchronous = OFF');
  await seedLists(engine, kind, sizes);
  if (kind === 'postgres') await engine.knex.raw('VACUUM ANALYZE');
  say(`${kind}: filled in ${Math.round((performance.now() - began) / 1000)} s`);
}

/** Returns the shortest of some durations. The longer ones contain the work of others on this machine. */
async function fastestOf({ run }: ListQuery, store: Store): Promise<number> {
  const times: number[] = [];
  while (times.length < rounds && (times[0] ?? 0) < longMs) {
    const began = performance.now();
    await run(store);
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}

it.each(databases)('%s', async (database) => {
  const kind = database.startsWith('sqlite') ? 'sqlite' : 'postgres';
  const directory = await mkdtemp(join(tmpdir(), 'tokens-lists-'));
  const server = database === 'postgres' ? await startPostgres('debian') : undefined;
  const url = database.includes(':') ? database : ((await server?.newDatabase()) ?? `sqlite:${directory}/tokens.db`);
  const times = {
    connect: 1_500,
    acquire: 1_750,
    total: 3_600_000,
    statement: 3_600_000,
    quiet: 3_600_000,
    silence: 3_600_000,
    idle: 3_600_000,
  };
  await measure(kind, await (kind === 'sqlite' ? openSqlite(url) : openPostgres(url, { times })));
  await server?.remove();
  await rm(directory, { recursive: true });
});
