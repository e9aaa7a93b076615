import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../server/domain/secrets.ts';
import { accessTable } from '../server/http/middleware/access.ts';
import { rowsOf } from './attacks/secrets/sqlite-rows.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from './helpers/app/app.ts';
import { validBodies } from './helpers/app/valid-bodies.ts';

/** What an auditor reads about others. A new route that lets auditors in belongs here. */
const reads = [
  'GET /api/v1/tokens/:id',
  'GET /api/v1/tokens/:id/usage',
  'GET /api/v1/tokens/:id/suggestion',
  'POST /api/v1/tokens/statuses',
  'GET /api/v1/users',
  'GET /api/v1/users/:id',
  'GET /api/v1/users/:id/passkeys',
  'GET /api/v1/users/:id/sessions',
  'GET /api/v1/reports/tokens',
  'GET /api/v1/audit',
  'GET /api/v1/service-accounts',
  'GET /api/v1/service-accounts/:id',
  'GET /api/v1/apps',
  'GET /api/v1/apps/:id',
  'GET /api/v1/clients',
  'GET /api/v1/clients/:id',
  'GET /api/v1/trusts',
  'GET /api/v1/trusts/:id',
  'GET /api/v1/webhooks',
  'GET /api/v1/webhooks/:id',
  'GET /api/v1/webhooks/:id/deliveries',
];

/** Routes that concern only the own account and the own tokens of any member, or list what belongs to them. */
const own = [
  'GET /api/v1/sessions',
  'GET /api/v1/sessions/current',
  'DELETE /api/v1/sessions/current',
  'POST /api/v1/sessions/current/confirm',
  'DELETE /api/v1/sessions/others',
  'DELETE /api/v1/sessions/:id',
  'GET /api/v1/me',
  'PUT /api/v1/me/password',
  'DELETE /api/v1/me/tokens',
  'GET /api/v1/me/passkeys',
  'PATCH /api/v1/me/passkeys/:id',
  'DELETE /api/v1/me/passkeys/:id',
  'GET /api/v1/me/totp',
  'POST /api/v1/me/totp',
  'POST /api/v1/me/totp/confirm',
  'POST /api/v1/me/totp/disable',
  'POST /api/v1/me/totp/recovery-codes',
  'GET /api/v1/tokens',
  'POST /api/v1/tokens',
  // These skip the tokens that the caller may not change.
  'POST /api/v1/tokens/revoke',
  'POST /api/v1/tokens/pause',
  'POST /api/v1/tokens/resume',
];

const sessionRoutes = Object.entries(accessTable)
  .filter(([, access]) => ['session', 'superuser', 'reader'].includes(access))
  .map(([key]) => key);
const closed = sessionRoutes.filter((key) => !reads.includes(key) && !own.includes(key));

const hookUrl = 'https://hooks.example.com/services/T0/B0?key=x';

let app: TestApp;
let auditor: Member;
let ids: Array<[part: string, id: string]>;
let hash: string;

beforeAll(async () => {
  app = await openTestApp();
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true, can_manage_tokens: true });
  const as = app.root;
  const token = await createToken(app, app.dev, { name: 'existing' });
  hash = hashSecret(token.token);
  const made = async (path: string, json: object) => (await jsonOf<{ id: string }>(app.ask(path, { as, json }))).id;
  const account = await made('/api/v1/service-accounts', { name: 'ci', maintainers: [app.dev.email] });
  ids = [
    ['/users/', app.dev.id],
    ['/service-accounts/', account],
    ['/apps/', await made('/api/v1/apps', { name: 'grafana', groups: ['devs'] })],
    ['/trusts/', await made('/api/v1/trusts', validBodies['POST /api/v1/trusts'] ?? {})],
    ['/webhooks/', await made('/api/v1/webhooks', { url: hookUrl, events: ['*'] })],
    ['/clients/', await made('/api/v1/clients', { name: 'Existing' })],
    ['/tokens/', token.id],
  ];
});
afterAll(() => app.close());

/** Calls a route about something of another member, with a valid body if it reads one. */
function call(key: string, as: Member): Promise<Response> {
  const [method = '', path = ''] = key.split(' ');
  const [, id = ''] = ids.find(([part]) => path.includes(part)) ?? [];
  const query = path.endsWith('/suggestion') ? '?force=true' : '';
  const json = key.endsWith('/statuses') ? { hashes: [hash] } : validBodies[key];
  return app.ask(`${path.replaceAll(/:\w+/g, id)}${query}`, { method, as, ...(json && { json }) });
}

/** Returns every row, without the times at which sessions were last used. */
async function stored() {
  const { sessions, ...tables } = await rowsOf(app.path);
  return { ...tables, sessions: sessions?.map(({ last_seen_at: _, ...session }) => session) };
}

it('says for each route of sessions what an auditor gets', () => {
  expect(sessionRoutes).toEqual(expect.arrayContaining([...reads, ...own]));
  expect(closed.filter((key) => key.startsWith('GET '))).toEqual(['GET /api/v1/users/:id/data']);
});

describe.each(reads)('%s', (key) => {
  it('answers an auditor as it answers a superuser, except the paths of webhooks, and changes nothing', async () => {
    const before = await stored();
    const response = await call(key, auditor);
    expect(response.status).toBe(200);
    const read = await (await call(key, app.root)).text();
    expect(await response.json()).toEqual(JSON.parse(read.replaceAll(hookUrl, 'https://hooks.example.com/…')));
    expect(await stored()).toEqual(before);
  });
});

describe.each(closed)('%s', (key) => {
  it('refuses an auditor, and changes nothing', async () => {
    const before = await stored();
    const response = await call(key, auditor);
    const { code } = await jsonOf<{ code: string }>(response);
    expect(['superuser-required', 'owner-only']).toContain(code);
    expect(await stored()).toEqual(before);
  });
});

describe('the lists of a member', () => {
  it('show an auditor the tokens of everyone', async () => {
    const lists = ['/api/v1/tokens?all=true', `/api/v1/tokens?user=${app.dev.id}`, '/api/v1/tokens?service_account=ci'];
    for (const path of lists) {
      const response = await app.ask(path, { as: auditor });
      expect([path, response.status]).toEqual([path, 200]);
      expect(await response.json()).toEqual(await jsonOf(app.ask(path, { as: app.root })));
    }
  });

  it('show nothing of others to a member who is not an auditor', async () => {
    const other = await app.addMember({ email: 'other@example.com' });
    for (const key of reads) {
      const response = await call(key, other);
      const { status } = response;
      if (status === 200) expect(await response.json(), key).not.toEqual(await jsonOf(call(key, app.root)));
      else expect([403, 404], key).toContain(status);
    }
  });
});
