import { expect, it, onTestFinished } from 'vitest';
import { scopeDescriptions, scopes } from '../../../shared/scopes.ts';
import { openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const day = 86_400;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'platform', { maintainers: [app.dev] });
  const page = `/organization/service-accounts/${account.id}`;
  return { app, page, maintainer: openConsole(app, app.dev), superuser: openConsole(app, app.root) };
}

async function openWithKey() {
  const opened = await open();
  const body = { name: 'terraform', manage: ['apps', 'users:read'], expires_in: 90 * day };
  const { id, token } = await createAccountToken(opened.app, opened.app.root, 'platform', body);
  const stored = async () => opened.app.store.tokens.findById(id);
  return { ...opened, id, value: token, keyPage: `/profile/api-tokens/${id}`, stored };
}

const actions = (html: string) =>
  [...html.matchAll(/href="\/profile\/api-tokens\/[^"]*dialog=([a-z-]+)"/g)].map(([, name]) => name);

it('creates a management key, explains each scope, and shows the value once', async () => {
  const { app, page, superuser } = await open();
  const { html } = await superuser.get(`${page}?dialog=create-key`);
  for (const scope of scopes) expect(textOf(html)).toContain(`${scope} ${scopeDescriptions[scope]}`);
  expect(html).not.toContain('value="never"');
  for (const rule of ['apps', 'read_only', 'allow', 'observe']) expect(html).not.toContain(`name="${rule}"`);
  const form = { name: 'terraform', manage: 'clients', expires: String(90 * day), networks: '198.51.100.0/24' };
  const made = await superuser.submit(`${page}/keys`, form);
  const value = /value="(tok_[^"]+)"/.exec(made.html)?.[1] ?? '';
  const [key] = await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() });
  expect(key).toMatchObject({ name: 'terraform', manage: 'clients', ownerEmail: 'service-account:platform' });
  const headers = { Authorization: `Bearer ${value}` };
  expect((await app.ask('/api/v1/clients', { headers })).status).toBe(403);
  const list = await superuser.get(page);
  expect(textOf(list.html)).toContain('terraform management key');
  expect(list.html).not.toContain(value);
});

it('creates a key with several scopes', async () => {
  const { app, page, superuser } = await open();
  await superuser.get(`${page}?dialog=create-key`);
  const [form_token] = /(?<=name="form_token" value=")[^"]+/.exec((await superuser.get('/logout')).html) ?? [''];
  const body = new URLSearchParams({ form_token, name: 'x', expires: String(30 * day), self_rotate: 'true' });
  for (const scope of ['users:write', 'apps']) body.append('manage', scope);
  const cookie = [...superuser.cookies].map((pair) => pair.join('=')).join('; ');
  const headers = {
    Cookie: cookie,
    'Sec-Fetch-Site': 'same-origin',
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  const response = await app.ask(`${page}/keys`, { method: 'POST', headers, body: body.toString() });
  expect(response.status).toBe(200);
  const [key] = await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() });
  expect(key).toMatchObject({ manage: 'users:write apps', selfRotate: true });
});

it('shows a rejected form with its values again', async () => {
  const { app, page, superuser } = await open();
  const wrong = [
    [{}, 'Choose at least one scope.'],
    [{ manage: 'everything' }, 'A scope must be one of tokens:read'],
    [{ manage: 'apps', networks: 'somewhere' }, 'somewhere'],
    [{ manage: 'apps', expires: 'never' }, 'needs an expiry'],
    [{ manage: 'apps', expires: String(400 * day) }, 'within 366 days'],
  ] as const;
  for (const [fields, message] of wrong) {
    await superuser.get(`${page}?dialog=create-key`);
    const form = { name: 'terraform', expires: String(30 * day), ...fields };
    const { status, html } = await superuser.submit(`${page}/keys`, form);
    expect([fields, status]).toEqual([fields, 400]);
    expect(textOf(html)).toContain(message);
    expect(html).toContain('value="terraform"');
    if ('manage' in fields && fields.manage === 'apps') expect(html).toMatch(/value="apps" checked/);
  }
  expect(await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() })).toEqual([]);
});

it('offers maintainers to pause and revoke a key, and superusers to change it', async () => {
  const { page, maintainer, superuser, keyPage } = await openWithKey();
  const shown = await maintainer.get(keyPage);
  expect(actions(shown.html)).toEqual(['pause', 'revoke']);
  expect(textOf(shown.html)).toContain('users:read Read members. apps Manage apps.');
  expect(actions((await superuser.get(keyPage)).html)).toEqual(['rotate', 'edit', 'pause', 'revoke']);
  expect((await maintainer.get(page)).html).not.toContain('create-key');
  for (const dialog of ['narrow', 'create-key']) {
    const path = dialog === 'narrow' ? keyPage : page;
    expect((await maintainer.get(`${path}?dialog=${dialog}`)).html, dialog).not.toContain('<dialog');
  }
});

it('rejects forged forms of maintainers', async () => {
  const { page, maintainer, keyPage, stored } = await openWithKey();
  const before = await stored();
  const [form_token = ''] = /(?<=name="form_token" value=")[^"]+/.exec((await maintainer.get('/logout')).html) ?? [];
  for (const [path, form] of [
    [`${keyPage}/rotate`, { overlap: '0' }],
    [`${keyPage}/edit`, { name: 'mine', shown_manage: 'users:read apps', manage: 'users:write' }],
    [`${keyPage}/narrow`, { allow: 'GET /**' }],
    [`${keyPage}/end-previous`, {}],
    [`${page}/keys`, { name: 'x', manage: 'apps', expires: String(30 * day) }],
  ] as const) {
    expect([path, (await maintainer.post(path, { form_token, ...form })).status]).toEqual([path, 403]);
  }
  expect(await stored()).toEqual(before);
});

it('edits the scopes and the networks of a key, and nothing else of its rules', async () => {
  const { superuser, keyPage, stored } = await openWithKey();
  const { html } = await superuser.get(`${keyPage}?dialog=edit`);
  expect([...html.matchAll(/name="manage" value="([^"]+)" checked/g)].map(([, scope]) => scope)).toEqual([
    'users:read',
    'apps',
  ]);
  for (const rule of ['apps', 'read_only', 'allow', 'observe']) expect(html).not.toContain(`id="${rule}"`);
  const form = { name: 'terraform', manage: 'users:write', networks: '203.0.113.0/24' };
  expect((await superuser.submit(`${keyPage}/edit`, form)).status).toBe(303);
  expect(await stored()).toMatchObject({ manage: 'users:write', rules: expect.stringContaining('203.0.113.0/24') });
  await superuser.get(`${keyPage}?dialog=edit`);
  const without = await superuser.submit(`${keyPage}/edit`, { name: 'terraform', networks: '' });
  expect([without.status, textOf(without.html)]).toEqual([400, expect.stringContaining('needs a scope')]);
});

it('keeps the scopes if the form is sent as it is', async () => {
  const { superuser, keyPage, stored } = await openWithKey();
  await superuser.get(`${keyPage}?dialog=edit`);
  expect((await superuser.submit(`${keyPage}/edit`, { name: 'renamed', manage: 'apps' })).status).toBe(303);
  expect(await stored()).toMatchObject({ name: 'renamed', manage: 'apps' });
});
