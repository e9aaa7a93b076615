import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../server/store/errors.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { createToken, type Member, openTestApp } from '../helpers/app/app.ts';
import { startTestServer } from '../helpers/app/http.ts';
import { storeKey, storeServiceAccount } from '../helpers/app/management-key.ts';
import { openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';

const path = '/organization/audit';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { ...app, console: openConsole(app, app.root) };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Returns the visible text of each cell, row by row. */
async function rows(app: Opened, query = ''): Promise<string[][]> {
  const { status, html } = await app.console.get(`${path}${query}`);
  expect(status).toBe(200);
  const [, body = ''] = /<tbody>(.*)<\/tbody>/s.exec(html) ?? [];
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td.*?<\/td>/gs)].map(([cell]) => textOf(cell)),
  );
}

const download = async (app: Opened, extension: string, query = '') =>
  (await app.console.get(`${path}.${extension}${query}`)).html;
const csvOf = async (app: Opened, query = ''): Promise<Array<Record<string, string>>> =>
  parse(await download(app, 'csv', query), { bom: true, columns: true });

async function writeEvents(app: Pick<Opened, 'store'>, count: number): Promise<void> {
  const [some] = await app.store.audit.list({ limit: 1, before: null });
  if (some === undefined) throw new Error('There is no event to copy.');
  await app.store.transaction(async (store) => {
    for (let i = 0; i < count; i += 1) {
      const id = `019ab2c4-5f7e-7c3a-8000-${String(i).padStart(12, '0')}`;
      await store.audit.insert({ ...some, id, target: { ...some.target, name: `event ${i}` } });
    }
  });
}

it('lists time, actor, action, target and IP address of each event, newest first', async () => {
  const app = await open();
  const headers = { 'User-Agent': 'tokens/1 <b>' };
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci' }, headers, ip: '198.51.100.4' });
  app.clock.advance(60_000);
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { name: 'D' } });
  expect(await rows(app)).toEqual([
    ['now 2026-11-23 16:21:00 UTC', 'root@example.com', 'Renamed a member', 'dev@example.com', '203.0.113.9'],
    [
      '1 minute ago 2026-11-23 16:20:00 UTC',
      'dev@example.com',
      'Created a token',
      'ci of dev@example.com',
      '198.51.100.4 tokens/1 <b>',
    ],
  ]);
});

it('names the management key beside its service account, in the list and in both files, and filters by the account', async () => {
  const app = await open();
  const { headers } = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write']);
  await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { headers, method: 'PATCH', json: { name: 'D' } });
  const query = '?user=service-account%3Aplatform';
  const actor = 'service-account:platform';
  expect((await rows(app, query)).map(([, ...cells]) => cells)).toEqual([
    [`${actor} (terraform)`, 'Renamed a member', 'dev@example.com', expect.any(String)],
  ]);
  const common = {
    actor_kind: 'service-account',
    actor_email: actor,
    actor_token: 'terraform',
    action: 'user.renamed',
  };
  expect(await csvOf(app, query)).toMatchObject([common]);
  expect(JSON.parse(await download(app, 'json', query))).toMatchObject([
    { actor: { email: actor, token: 'terraform' } },
  ]);
  expect(await rows(app, '?user=service-account%3Aother')).toEqual([]);
});

it('shows the escaped email address of a failed sign-in', async () => {
  const app = await open();
  await app.ask('/api/v1/sessions', { json: { email: '<img src=x onerror=alert(1)>@example.com', password: 'x' } });
  const { html } = await app.console.get(path);
  expect(html).not.toContain('<img');
  expect((await rows(app))[0]?.slice(1, 4)).toEqual([
    '<img src=x onerror=alert(1)>@example.com not signed in',
    'Failed to sign in',
    'not a member',
  ]);
});

it('filters by person, action and whole days in UTC', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'early' });
  app.clock.advance(8 * 60 * 60 * 1000);
  const { id } = await createToken(app, app.root, { name: 'late' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  const found = async (query: string) => (await rows(app, query)).map(([, , what, to]) => `${what}: ${to}`);
  const [early, late, revoked] = [
    'Created a token: early of dev@example.com',
    'Created a token: late of root@example.com',
    'Revoked a token: late of root@example.com',
  ];
  expect(await found('?user=&action=&from=&until=')).toEqual([revoked, late, early]);
  expect(await found('?user=+DEV@example.com+')).toEqual([early]);
  expect(await found(`?user=${app.dev.id}`)).toEqual([early]);
  expect(await found('?action=token.revoked')).toEqual([revoked]);
  expect(await found('?from=2026-11-24')).toEqual([revoked, late]);
  expect(await found('?until=2026-11-23')).toEqual([early]);
  expect(await found('?from=2026-11-23&until=2026-11-24&action=token.created')).toEqual([late, early]);
  expect(await found('?user=nobody@example.com')).toEqual([]);
  const empty = await app.console.get(`${path}?user=nobody@example.com`);
  expect(textOf(empty.html)).toContain('No events match.');
  expect(empty.html).toContain('value="nobody@example.com"');
});

it('shows an error beside an invalid filter field and keeps the other values', async () => {
  const app = await open();
  for (const query of ['from=yesterday', 'until=2026-02-30', 'action=token.exploded', 'from=2026-11-23T00:00:00Z']) {
    const shown = await app.console.get(`${path}?user=ada&${query}`);
    expect(shown.status, query).toBe(400);
    expect(shown.html, query).toMatch(/<p class="error" id="(from|until|action)-error">/);
    expect(shown.html, query).toContain('value="ada"');
    expect((await app.console.get(`${path}.csv?${query}`)).status).toBe(400);
    expect((await app.console.get(`${path}.json?${query}`)).status).toBe(400);
  }
  expect((await app.console.get(`${path}?cursor=nope`)).status).toBe(400);
});

it('pages through the filtered events, each once', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 120);
  const seen: string[] = [];
  let query = '?action=token.created';
  for (;;) {
    const { html } = await app.console.get(`${path}${query}`);
    seen.push(...(await rows(app, query)).map(([, , , to = '']) => to));
    const next = /rel="next" href="\/organization\/audit([^"]*)"/.exec(html)?.[1];
    if (next === undefined) break;
    query = next.replaceAll('&amp;', '&');
    expect(query).toContain('action=token.created');
  }
  expect(new Set(seen).size).toBe(121);
  expect(seen).toHaveLength(121);
});

it('downloads a JSON array of the API’s event objects, for any number of events', async () => {
  const app = await open();
  expect(JSON.parse(await download(app, 'json'))).toEqual([]);
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 401);
  const api = (await (await app.ask('/api/v1/audit?limit=200', { as: app.root })).json()) as { items: AuditEvent[] };
  const all = JSON.parse(await download(app, 'json')) as AuditEvent[];
  expect(all).toHaveLength(402);
  expect(all.slice(0, 200)).toEqual(api.items);
  expect(new Set(all.map(({ id }) => id)).size).toBe(402);
  await writeEventsUpTo(app, 600);
  expect(JSON.parse(await download(app, 'json'))).toHaveLength(600);
  expect(JSON.parse(await download(app, 'json', '?user=nobody@example.com'))).toEqual([]);
});

/** Adds events until there are `count`. */
async function writeEventsUpTo(app: Opened, count: number): Promise<void> {
  const all = await app.store.audit.list({ limit: 1000, before: null });
  for (let i = all.length; i < count; i += 1) {
    const [some] = all;
    if (some !== undefined)
      await app.store.audit.insert({ ...some, id: `019ab2c4-5f7e-7c3a-9000-${String(i).padStart(12, '0')}` });
  }
}

it('downloads a CSV file with one header and one line per filtered event', async () => {
  const app = await open();
  expect(await csvOf(app)).toEqual([]);
  const headers = { Cookie: `${sessionCookieName(app)}=${app.root.session}` };
  const bytes = await (await app.ask(`${path}.csv`, { headers })).arrayBuffer();
  expect(Buffer.from(bytes).toString()).toBe(
    '\ufeffid,at,actor_kind,actor_id,actor_email,action,target_kind,target_id,target_name,ip,user_agent,target_owner,actor_token\r\n',
  );
  const { id } = await createToken(app, app.dev, { name: 'a "quoted", name' });
  await createToken(app, app.root, { name: 'other' });
  await writeEvents(app, 401);
  expect(await csvOf(app)).toHaveLength(403);
  expect(await csvOf(app, '?user=dev@example.com')).toEqual([
    {
      id: expect.any(String),
      at: '2026-11-23T16:20:00.000Z',
      actor_kind: 'user',
      actor_id: app.dev.id,
      actor_email: 'dev@example.com',
      action: 'token.created',
      target_kind: 'token',
      target_id: id,
      target_name: 'a "quoted", name',
      ip: '203.0.113.9',
      user_agent: '',
      target_owner: 'dev@example.com',
      actor_token: '',
    },
  ]);
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "=cmd|' /C calc'!A0", '="a","b"', '＝1'])(
  'escapes the CSV cell %j, so that no spreadsheet runs it as a formula',
  async (text) => {
    const app = await open();
    await createToken(app, app.dev, { name: 'first' });
    const [some] = await app.store.audit.list({ limit: 1, before: null });
    if (some === undefined) throw new Error('There is no event.');
    await app.store.audit.insert({
      ...some,
      id: '019ab2c4-5f7e-7c3a-9000-000000000000',
      actor: { kind: 'anonymous', id: null, email: text },
      target: { ...some.target, name: text },
      userAgent: text,
    });
    const record = (await csvOf(app)).find(({ actor_kind }) => actor_kind === 'anonymous');
    expect(record).toMatchObject({ actor_email: `'${text}`, target_name: `'${text}`, user_agent: `'${text}` });
  },
);

it('names a download after the date and forbids caching it', async () => {
  const app = await open();
  const types = { csv: 'text/csv; charset=utf-8; header=present', json: 'application/json' };
  for (const [extension, type] of Object.entries(types)) {
    const { headers } = await app.console.get(`${path}.${extension}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="audit-2026-11-23.${extension}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  }
});

it('rejects members who are not superusers', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'secret plans' });
  for (const address of [path, `${path}.csv`, `${path}.json`]) {
    const shown = await openConsole(app, app.dev).get(address);
    expect(shown.status, address).toBe(403);
    expect(shown.html, address).not.toContain('secret plans');
  }
});

async function fetchDownload(as: (server: Awaited<ReturnType<typeof startTestServer>>) => Member) {
  const server = await startTestServer();
  onTestFinished(server.stop);
  const headers = { Cookie: `${sessionCookieName(server)}=${as(server).session}` };
  return { server, fetch: () => fetch(`http://127.0.0.1:${server.port}${path}.csv`, { headers }) };
}

it('cuts the connection if the database fails during a download, so that a partial file never looks complete', async () => {
  const { server, fetch } = await fetchDownload(({ root }) => root);
  await createToken(server, server.dev, { name: 'first' });
  await writeEvents(server, 1500);
  const list = server.store.audit.list;
  let asked = 0;
  server.store.audit.list = (query) => {
    asked += 1;
    return asked > 5 ? Promise.reject(new StoreUnavailable('gone')) : list(query);
  };
  await expect(fetch().then((response) => response.text())).rejects.toThrow();
  expect(asked).toBe(6);
  expect(server.logLines.filter((line) => line.includes('audit download aborted'))).toHaveLength(1);
  expect((await fetch()).status).toBe(503);
});

it('reads further pages only as the client reads the download', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 2000);
  const list = app.store.audit.list;
  let asked = 0;
  app.store.audit.list = (query) => {
    asked += 1;
    return list(query);
  };
  const headers = { Cookie: `${sessionCookieName(app)}=${app.root.session}` };
  const response = await app.ask(`${path}.csv`, { headers });
  const reader = response.body?.getReader();
  await reader?.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBeLessThan(5);
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toBeLessThan(6);
});

it('runs one query at a time for concurrent downloads', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 1000);
  const list = app.store.audit.list;
  let [asked, most] = [0, 0];
  app.store.audit.list = async (query) => {
    asked += 1;
    most = Math.max(most, asked);
    return list(query).finally(() => {
      asked -= 1;
    });
  };
  const files = await Promise.all(Array.from({ length: 10 }, () => csvOf(app)));
  expect(files.map((events) => events.length)).toEqual(files.map(() => expect.toSatisfy((count) => count > 1000)));
  expect(most).toBe(1);
});
