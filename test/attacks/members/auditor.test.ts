import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, jsonOf, type Member, type TestApp } from '../../helpers/app/app.ts';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { rowsOf } from '../secrets/sqlite-rows.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let app: TestApp;
let auditor: Member;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  app = cli.app;
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true, can_manage_tokens: true });
});
afterEach(() => cli.close());

const self = () => app.store.users.findById(auditor.id);
const change = (id: string, as: Member, json: object) => app.ask(`/api/v1/users/${id}`, { method: 'PATCH', as, json });

it.each([
  { superuser: true },
  { auditor: true },
  { auditor: false },
  { can_manage_tokens: false },
  { groups: ['admins'] },
  { name: 'Root', email: 'root2@example.com' },
])('cannot change themselves through the API with %j', async (json) => {
  const before = await self();
  const response = await change(auditor.id, auditor, json);
  expect([response.status, (await jsonOf(response)).code]).toEqual([403, 'superuser-required']);
  expect(await self()).toEqual(before);
});

it('cannot promote themselves or others with the file of tokens apply', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'auditor-'));
  try {
    const path = join(directory, 'organization.json');
    const members = [auditor.email, app.dev.email].map((email) => ({ email, superuser: true, auditor: true }));
    await writeFile(path, JSON.stringify({ members }));
    const ran = await cli.run(['apply', '-f', path, '--yes', '--json'], cli.as(auditor));
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('superuser-required');
    expect(await self()).toMatchObject({ superuser: false, auditor: true });
    expect(await app.store.users.findById(app.dev.id)).toMatchObject({ superuser: false, auditor: false });
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('cannot promote themselves or grant the role with the forms of the console', async () => {
  const browser = openConsole(app, auditor);
  const { html } = await browser.get('/logout');
  const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  for (const [{ id }, action] of [
    [auditor, 'promote'],
    [auditor, 'remove-auditor'],
    [app.dev, 'make-auditor'],
    [app.root, 'demote'],
  ] as const) {
    expect((await browser.post(`/organization/team/${id}/${action}`, { form_token })).status).toBe(403);
  }
  expect(await self()).toMatchObject({ superuser: false, auditor: true });
  expect(await app.store.users.findById(app.dev.id)).toMatchObject({ auditor: false });
});

it('reads nothing of others from the first request after the role was removed', async () => {
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  const paths = ['/api/v1/users', `/api/v1/users/${app.dev.id}`, '/api/v1/reports/tokens', '/api/v1/tokens?all=true'];
  for (const path of paths) expect((await app.ask(path, { as: auditor })).status).toBe(200);
  expect((await app.ask(`/api/v1/tokens/${id}`, { as: auditor })).status).toBe(200);
  expect((await change(auditor.id, app.root, { auditor: false })).status).toBe(200);
  for (const path of paths) expect((await app.ask(path, { as: auditor })).status).toBe(403);
  expect((await app.ask(`/api/v1/tokens/${id}`, { as: auditor })).status).toBe(404);
  const events = await jsonOf<{ items: Array<{ action: string }> }>(app.ask('/api/v1/audit', { as: auditor }));
  expect(events.items.map(({ action }) => action)).toEqual(['user.auditor_removed']);
});

it('may do no more with service accounts of others than any other member', async () => {
  const json = { name: 'ci', maintainers: [app.dev.email] };
  const account = await jsonOf<{ id: string }>(app.ask('/api/v1/service-accounts', { as: app.root, json }));
  const mine = await createToken(app, auditor, { name: 'mine' });
  for (const [path, method, body] of [
    ['/api/v1/tokens', 'POST', { name: 'new', service_account: 'ci' }],
    [`/api/v1/tokens/${mine.id}/transfer`, 'POST', { to: 'ci' }],
    [`/api/v1/service-accounts/${account.id}`, 'PATCH', { add_maintainers: [auditor.email] }],
  ] as const) {
    const response = await app.ask(path, { as: auditor, method, json: body });
    expect([path, response.status]).toEqual([path, 403]);
  }
  expect(await app.store.serviceAccounts.maintainers(account.id)).toMatchObject([{ id: app.dev.id }]);
});

it('loses the role when they are erased', async () => {
  expect((await app.ask(`/api/v1/users/${auditor.id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  expect((await app.ask('/api/v1/users', { as: auditor })).status).toBe(401);
  const { users } = await rowsOf(app.path);
  expect(users?.find(({ id }) => id === auditor.id)).toMatchObject({ auditor: 0 });
});
