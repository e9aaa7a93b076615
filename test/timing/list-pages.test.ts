import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import type { Store } from '../../server/store/store.ts';
import { pagePaths } from '../bench/lists/page-paths.ts';
import { openSeeded, request } from '../bench/lists/page-times.ts';
import { examinePostgres, type Statement } from '../helpers/lists/plans.ts';
import { seedLists, sizesFor } from '../helpers/lists/seed.ts';
import { patientTimes, startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

// With so many tokens, PostgreSQL chooses the plans that it chooses with a million. Numbers of rows are the same on a busy machine.

const sizes = { ...sizesFor(100_000), events: 100_000 };
/** More rows than all tokens in analyzed samples, so that the plans do not depend on chance. */
const statisticsTarget = 1_000;

/** How many rows of tables and indexes a statement may look at: the 10,000 that a list counts or sorts, and those that do not match. */
const maxRows = 20_000;

/** Pages that may look at more. */
const maxRowsOf: Array<[paths: RegExp, rows: number]> = [
  // They count all tokens, at most once a minute.
  [/\/overview$|\/reports\/tokens$/, 1.3 * sizes.tokens],
  // An index leads to the few that match. A sample of all names says that they are few.
  [/\/tokens\?.*q=(needle|nowhere)/, 4_000],
  // The oldest third of the tokens has expired.
  [/expiring_within=604800&sort=(name|created)/, sizes.tokens / 2.5],
  [/status=expired/, sizes.tokens / 2.5],
];

let postgres: TestPostgres;
let client: pg.Client;
let engine: Engine;
let store: Store;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.newMigratedDatabase();
  engine = await openPostgres(url, { times: patientTimes });
  store = createKnexStore(engine, migrations);
  await seedLists(engine, 'postgres', sizes);
  client = new pg.Client(url);
  await client.connect();
  await client.query(`SET default_statistics_target = ${statisticsTarget}`);
  await client.query('VACUUM ANALYZE');
}, 110_000);

afterAll(async () => {
  await client.end();
  await store.close();
  await postgres.remove();
});

/** Requests a page, and returns the statement that looked at most rows, with their number. */
async function widestOf(load: () => Promise<unknown>): Promise<{ rows: number; plan: string }> {
  const statements: Statement[] = [];
  const record = ({ sql, bindings }: Statement) => statements.push({ sql, bindings });
  engine.knex.on('query', record);
  await load().finally(() => engine.knex.removeListener('query', record));
  let widest = { rows: 0, plan: '' };
  for (const statement of statements.filter(({ sql }) => /^\s*(select|with)\b/i.test(sql))) {
    const examined = await examinePostgres((sql, bindings) => client.query(sql, bindings), statement);
    if (examined.rows > widest.rows) widest = examined;
  }
  return widest;
}

it('looks at few of 100,000 tokens for each page of the console and each list of the API, on PostgreSQL', async () => {
  const { app, members } = await openSeeded(store, sizes);
  const tooMany: string[] = [];
  let examined = 0;
  for (const [as, paths] of Object.entries(pagePaths(sizes))) {
    for (const path of paths) {
      const { rows, plan } = await widestOf(() => request(app, members[as as keyof typeof members], path));
      const [, most] = maxRowsOf.find(([paths]) => paths.test(path)) ?? [/./, maxRows];
      if (rows > most) tooMany.push(`${as} ${path}: ${Math.round(rows)} rows, ${plan}`);
      if (rows > 0) examined += 1;
    }
  }
  expect(tooMany).toEqual([]);
  expect(examined).toBeGreaterThan(200);
}, 115_000);

it.each([
  ['status=disabled&sort=name', 'Index Only Scan tokens_owned_keys_index'],
  ['status=disabled&sort=expires', 'Index Only Scan tokens_owned_keys_index'],
  ['status=active', 'Index Only Scan tokens_listed_until_index'],
])('reads no token to find those with %s, on PostgreSQL', async (filter, step) => {
  const { app, members } = await openSeeded(store, sizes);
  const { plan } = await widestOf(() => request(app, members.superuser, `/organization/tokens?${filter}`));
  expect(plan).toContain(step);
});

it('looks up the tokens of two halves of the members without permission at the same time, on PostgreSQL', async () => {
  const { app, members } = await openSeeded(store, sizes);
  let running = 0;
  let most = 0;
  const begin = () => {
    running += 1;
    most = Math.max(most, running);
  };
  const end = () => {
    running -= 1;
  };
  engine.knex.on('query', begin).on('query-response', end);
  const response = await app.ask('/api/v1/tokens?all=true&status=blocked', { as: members.superuser });
  engine.knex.removeListener('query', begin).removeListener('query-response', end);
  expect(most).toBe(2);
  const { rows } = await client.query(
    'SELECT t.id FROM tokens t JOIN users u ON u.id = t.owner_id WHERE NOT (u.disabled OR u.can_manage_tokens) ORDER BY t.id DESC LIMIT 50',
  );
  const { items } = (await response.json()) as { items: Array<{ id: string }> };
  expect(items.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
});

it.each(['expired', 'blocked'])(
  'counts the tokens with status=%s while it finds those of a page, on PostgreSQL',
  async (status) => {
    const { app, members } = await openSeeded(store, sizes);
    const begun: string[] = [];
    const begin = ({ sql }: Statement) => begun.push(sql);
    engine.knex.on('query', begin);
    await request(app, members.superuser, `/organization/tokens?status=${status}`);
    engine.knex.removeListener('query', begin);
    const counts = begun.filter((sql) => sql.includes('count(*) as "count"'));
    expect(counts).toHaveLength(1);
    const afterCount = begun.slice(begun.indexOf(counts[0] ?? '') + 1);
    expect(afterCount.some((sql) => sql.includes('"owner_email"'))).toBe(true);
  },
);
