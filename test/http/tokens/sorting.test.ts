import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { sortOrders } from '../../../shared/tokens/sort.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { addToken, addUser } from '../../store/contract/records.ts';
import { use } from '../token-changes/changes.ts';

const day = 86_400;
let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

interface Page {
  items: Token[];
  next_cursor: string | null;
  code?: string;
}

const list = async (query: string) => {
  const response = await app.ask(`/api/v1/tokens?${query}`, { as: app.root });
  return { status: response.status, ...(await jsonOf<Page>(response)) };
};

/** Returns the names of all pages. */
async function namesOf(query: string): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await list(`${query}&limit=2${cursor && `&cursor=${cursor}`}`);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
  }
  return names;
}

/** Creates tokens that differ in everything by which lists are sorted. */
async function createTokens(): Promise<void> {
  const expiries = { beta: 3 * day, Alpha: null, gamma: day, delta: null, alpha2: 3 * day };
  for (const [name, expires_in] of Object.entries(expiries)) {
    const { token } = await createToken(app, name === 'gamma' ? app.root : app.dev, { name, expires_in });
    app.clock.advance(1000);
    if (name === 'gamma' || name === 'Alpha') await use(app, token);
  }
}

it.each([
  ['name', ['Alpha', 'alpha2', 'beta', 'delta', 'gamma']],
  ['-name', ['gamma', 'delta', 'beta', 'alpha2', 'Alpha']],
  ['created', ['beta', 'Alpha', 'gamma', 'delta', 'alpha2']],
  ['-created', ['alpha2', 'delta', 'gamma', 'Alpha', 'beta']],
  ['expires', ['gamma', 'beta', 'alpha2', 'Alpha', 'delta']],
  ['-expires', ['alpha2', 'beta', 'gamma', 'delta', 'Alpha']],
  ['last_used', ['Alpha', 'gamma', 'beta', 'delta', 'alpha2']],
  ['-last_used', ['gamma', 'Alpha', 'alpha2', 'delta', 'beta']],
])('sorts by %s, over all pages', async (order, expected) => {
  await createTokens();
  expect(await namesOf(`all=true&sort=${order}`)).toEqual(expected);
  const ofDev = expected.filter((name) => name !== 'gamma');
  expect(await namesOf(`user=dev%40example.com&status=active&sort=${order}`)).toEqual(ofDev);
});

it('continues after the place of a token that was revoked since', async () => {
  await createTokens();
  const first = await list('all=true&sort=name&limit=2');
  await app.ask(`/api/v1/tokens/${first.items[1]?.id}`, { method: 'DELETE', as: app.root });
  const { items } = await list(`all=true&sort=name&limit=2&cursor=${first.next_cursor}`);
  expect(items.map(({ name }) => name)).toEqual(['beta', 'delta']);
});

it('refuses an unknown order, and a cursor that no page of this order returned', async () => {
  await createTokens();
  expect((await list('all=true&sort=owner')).status).toBe(400);
  const { next_cursor: ofName } = await list('all=true&sort=name&limit=2');
  const { next_cursor: unsorted } = await list('all=true&limit=2');
  const id = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b';
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const cursors = [
    ['-name', ofName],
    ['expires', ofName],
    ['name', unsorted],
    ['-created', ofName],
    ['expires', made(['expires', '1) OR (1=1', id])],
    ['name', made(['name', 7, id])],
    ['name', made(['name', 'a', 'no id'])],
    ['name', made({ sort: 'name' })],
    ['name', 'nonsense'],
  ];
  for (const [order, cursor] of cursors) {
    const { status, code } = await list(`all=true&sort=${order}&limit=2&cursor=${cursor}`);
    expect({ order, cursor, status, code }).toEqual({ order, cursor, status: 400, code: 'invalid-fields' });
  }
});

it('sorts no more than 10,000 tokens by their last use, and says so in the API and in the console', async () => {
  await app.store.transaction(async (store) => {
    const owners = [app.dev.id];
    while (owners.length < 100) owners.push((await addUser(store)).id);
    for (let count = 0; count < 10_001; count += 1) {
      await addToken(store, owners[count % 100] ?? '', { createdAt: app.clock.now() });
    }
  });
  const refused = await list('all=true&sort=last_used');
  expect([refused.status, refused.code]).toEqual([400, 'invalid-fields']);
  expect((await list('user=dev%40example.com&sort=last_used')).status).toBe(200);
  for (const order of sortOrders.filter((order) => !order.endsWith('last_used'))) {
    const { items } = await list(`all=true&limit=200&sort=${order}`);
    expect(new Set(items.map(({ id }) => id)).size).toBe(200);
  }
  const console = openConsole(app, app.root);
  const { html } = await console.get('/organization/tokens');
  expect(textOf(/<p class="attention">.*?<\/p>/s.exec(html)?.[0] ?? '')).toMatch(/^10,000\+ tokens /);
  // The heading offers no order that would be refused.
  expect([html.includes('sort=name'), html.includes('sort=-last_used')]).toEqual([true, false]);
  const inConsole = await console.get('/organization/tokens?sort=last_used');
  expect(inConsole.status).toBe(400);
  expect(textOf(inConsole.html)).toContain('More than 10,000 tokens match, which cannot be sorted by their last use.');
}, 60_000);
