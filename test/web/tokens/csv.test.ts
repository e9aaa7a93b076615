import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { use } from '../../http/token-changes/changes.ts';
import { addToken, addUser } from '../../store/contract/records.ts';

const tokens = '/organization/tokens';
const team = '/organization/team';
let app: TestApp;
let auditor: Member;
beforeEach(async () => {
  app = await openTestApp();
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
});
afterEach(() => app.close());

async function download(path: string, as = app.root) {
  const response = await app.ask(path, { headers: { Cookie: `${sessionCookieName(app)}=${as.session}` } });
  const text = Buffer.from(await response.arrayBuffer()).toString();
  return { status: response.status, headers: response.headers, text };
}

const rowsOf = async (path: string, as?: Member): Promise<Array<Record<string, string>>> =>
  parse((await download(path, as)).text, { bom: true, columns: true });

it('holds every token that the filter shows, in its order, over all pages', async () => {
  await app.store.transaction(async (store) => {
    for (let count = 0; count < 450; count += 1) {
      const name = `job-${String(count).padStart(3, '0')}`;
      await addToken(store, app.dev.id, { name, nameFolded: name, createdAt: app.clock.now() });
    }
  });
  await createToken(app, app.root, { name: 'other' });
  const names = async (query: string) => (await rowsOf(`${tokens}.csv${query}`)).map(({ name }) => name);
  expect(await names('')).toHaveLength(451);
  const jobs = await names('?q=job&sort=-name');
  expect([jobs.length, jobs[0], jobs[449]]).toEqual([450, 'job-449', 'job-000']);
  expect(await names('?owner=root%40example.com')).toEqual(['other']);
  expect(await names('?q=nothing')).toEqual([]);
  expect((await download(`${tokens}.csv?q=nothing`)).text).toMatch(/^\uFEFFid,name,prefix,status,owner,/);
});

it('describes a token with times in UTC, its rules and the address of its page', async () => {
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana' } });
  const token = await createToken(app, app.dev, {
    name: 'ci',
    ...{ description: 'Builds, "deploys", tests', expires_in: 86_400, apps: ['grafana'] },
    ...{ read_only: true, allow: ['GET /api/**', 'HEAD /'], networks: ['192.0.2.0/24', '203.0.113.0/24'] },
  });
  await use(app, (await createToken(app, app.dev, { name: 'used' })).token, '/builds');
  const rows = await rowsOf(`${tokens}.csv`);
  expect(rows.find(({ name }) => name === 'ci')).toMatchObject({
    ...{ id: token.id, prefix: token.prefix, status: 'active', owner: app.dev.email, owner_kind: 'member' },
    ...{ description: 'Builds, "deploys", tests', apps: 'grafana', read_only: 'true', canary: 'false' },
    ...{ allow: 'GET /api/**\nHEAD /', networks: '192.0.2.0/24\n203.0.113.0/24', last_used_at: '' },
    ...{ created_at: token.created_at, expires_at: token.expires_at, rotated_at: '' },
    url: `https://tokens.example.com/profile/api-tokens/${token.id}`,
  });
  expect(rows.find(({ name }) => name === 'used')).toMatchObject({
    last_used_at: new Date(app.clock.now()).toISOString(),
    last_used_path: '/builds',
  });
  const { headers, text } = await download(`${tokens}.csv`);
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="tokens-2026-11-23.csv"',
    'cache-control': 'no-store',
  });
  expect(text).not.toContain(token.token);
});

it('holds every member that the search shows', async () => {
  for (let count = 0; count < 210; count += 1) await addUser(app.store, { name: `Member ${count}` });
  const rows = await rowsOf(`${team}.csv`);
  expect(rows).toHaveLength(213);
  expect(rows.find(({ email }) => email === app.root.email)).toMatchObject({
    ...{ status: 'active', superuser: 'true', auditor: 'false', can_manage_tokens: 'true', token_count: '0' },
    url: `https://tokens.example.com/organization/team/${app.root.id}`,
  });
  expect((await rowsOf(`${team}.csv?q=auditor`)).map(({ email }) => email)).toEqual([auditor.email]);
  const { headers } = await download(`${team}.csv`);
  expect(headers.get('content-disposition')).toBe('attachment; filename="members-2026-11-23.csv"');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("https://evil.example","x")'])(
  'keeps a spreadsheet from running a cell that says %s',
  async (text) => {
    await createToken(app, app.dev, { name: text, description: text });
    await app.store.users.setName(app.dev.id, text);
    const [token] = await rowsOf(`${tokens}.csv`);
    expect([token?.name, token?.description]).toEqual([`'${text}`, `'${text}`]);
    const member = (await rowsOf(`${team}.csv`)).find(({ email }) => email === app.dev.email);
    expect(member?.name).toBe(`'${text}`);
  },
);

it.each([tokens, team])('of %s is for superusers and auditors, whose pages link to it', async (path) => {
  await createToken(app, app.dev, { name: 'ci' });
  expect((await download(`${path}.csv`, app.dev)).status).toBe(403);
  expect(await rowsOf(`${path}.csv`, auditor)).toEqual(await rowsOf(`${path}.csv`));
  for (const as of [app.root, auditor]) {
    const { html } = await openConsole(app, as).get(`${path}?q=c`);
    expect(html).toContain(`href="${path}.csv?q=c" download`);
  }
});

it('answers a wrong filter with what is wrong, in place of a file', async () => {
  for (const query of ['status=nonsense', 'sort=owner', 'owner=nobody%40example.com']) {
    const { status, headers } = await download(`${tokens}.csv?${query}`);
    expect({ query, ok: status < 400, type: headers.get('content-disposition') }).toEqual({
      query,
      ok: false,
      type: null,
    });
  }
});
