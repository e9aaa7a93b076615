import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from '../../../../server/store/engine/sqlite/sqlite.ts';
import { openTestApp, type TestApp } from '../../../helpers/app/app.ts';
import { openConsole, sessionCookieName, textOf } from '../../../helpers/console/pages.ts';
import { addToken } from '../../../store/contract/records.ts';

const path = '/organization/tokens';
let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

/** Adds tokens without an expiry, named `many-1` and so on. */
async function addMany(count: number): Promise<void> {
  const { id } = await addToken(app.store, app.dev.id, { name: 'first', nameFolded: 'first' });
  const engine = await openSqlite(`sqlite:${app.path}`);
  const columns = Object.keys(await engine.knex('tokens').columnInfo());
  const changed: Record<string, string> = {
    id: `substr(t.id, 1, 24) || printf('%012x', number)`,
    hash: `'many-' || number`,
    name: `'many-' || number`,
    name_folded: `'many-' || number`,
  };
  const values = columns.map((column) => changed[column] ?? `t.${column}`);
  await engine.knex.raw(
    `INSERT INTO tokens (${columns.join(', ')})
      WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${count})
      SELECT ${values.join(', ')} FROM numbers CROSS JOIN tokens AS t WHERE t.id = '${id}'`,
  );
  await engine.knex('tokens').where({ id }).delete();
  await engine.close();
}

const shown = async (query: string) => textOf((await openConsole(app, app.root).get(`${path}${query}`)).html);

it('shows the exact number of up to 10,000 tokens', async () => {
  await addMany(10_000);
  for (const query of ['?q=many', '?no_expiry=true', '?q=many&sort=name', '?sort=last_used&no_expiry=true']) {
    expect(await shown(query)).toContain('10,000 tokens match');
  }
  const all = await shown('');
  expect(all).toContain('10,000 tokens');
  expect(all).not.toContain('10,000+');
  expect(await shown('?q=many-777')).toContain('11 tokens match');
});

it('shows 10,000+ for more tokens, lists all of them in a file and refuses to sort them by their last use', async () => {
  await addMany(10_001);
  for (const query of ['?q=many', '?no_expiry=true', '?q=many&sort=name']) {
    expect(await shown(query)).toContain('10,000+ tokens match');
  }
  const all = await shown('');
  expect(all).toContain('10,000+ tokens');
  expect(all).toContain('10,000+ never expire');

  const cookie = { Cookie: `${sessionCookieName(app)}=${app.root.session}` };
  const file = await (await app.ask(`${path}.csv?q=many`, { headers: cookie })).text();
  const rows: Array<{ name: string }> = parse(file, { bom: true, columns: true });
  const names = rows.map(({ name }) => name);
  expect(new Set(names).size).toBe(10_001);

  const sorted = await app.ask('/api/v1/tokens?all=true&sort=last_used', { as: app.root });
  expect([sorted.status, await sorted.text()]).toEqual([400, expect.stringContaining('More than 10,000 tokens match')]);
});
