import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { formsOf, messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';

const page = '/organization/service-accounts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.root), developer: openConsole(app, app.dev) };
}

const row = (html: string) =>
  textOf(
    html
      .split('<tr>')
      .at(-1)
      ?.replace(/<\/table>.*/s, '') ?? '',
  );
const heading = (html: string) => textOf(/<h1>.*?<\/h1>/s.exec(html)?.[0] ?? '');

it('creates a service account and opens its page', async () => {
  const { app, browser } = await open();
  expect(textOf((await browser.get(page)).html)).toContain('There are no service accounts.');
  const { html } = await browser.get(`${page}?dialog=create`);
  expect(html).toMatch(/name="maintainers"[^>]*>root@example\.com<\/textarea>/);
  const fields = { name: ' ci ', description: 'Builds', maintainers: 'DEV@example.com\r\n\r\n', groups: 'b\r\na' };
  const { status, location } = await browser.submit(page, fields);
  const created = await app.store.serviceAccounts.findByName('ci');
  expect([status, location]).toEqual([303, messageAt(`${page}/${created?.id}`, 'service-account-created')]);
  const shown = textOf((await browser.get(location ?? '')).html);
  for (const text of [
    'The service account ci was created.',
    'Builds',
    'service-account:ci',
    'a, b',
    'dev@example.com',
  ]) {
    expect(shown).toContain(text);
  }
  expect(row((await browser.get(page)).html)).toMatch(/^ci Builds Groups: a, b dev@example\.com 0 never used active$/);
});

it('shows the form with its values again if a field is wrong, and creates nothing', async () => {
  const { app, browser } = await open();
  await createServiceAccount(app, 'taken');
  const wrong = [
    [{ name: 'CI' }, 'The name of a service account has 1 to 63', 400],
    [{ name: 'taken' }, 'There is already a service account with this name.', 409],
    [{ maintainers: 'nobody@example.com' }, 'There is no member with the email address nobody@example.com.', 400],
    [{ maintainers: 'nobody' }, 'Enter an email address', 400],
    [{ groups: 'x'.repeat(65) }, 'at most 64 characters', 400],
    [{ description: 'x'.repeat(2000) }, 'at most', 400],
  ] as const;
  for (const [fields, message, expected] of wrong) {
    await browser.get(`${page}?dialog=create`);
    const { status, html } = await browser.submit(page, { name: 'ci', description: '', ...fields });
    expect([fields, status]).toEqual([fields, expected]);
    expect(textOf(html)).toContain(message);
    expect(html).toContain('aria-invalid="true"');
    for (const value of Object.values(fields)) expect(html).toContain(value);
  }
  expect(await app.store.serviceAccounts.list({ limit: 9, before: null })).toHaveLength(1);
});

it('shows the page and its tab to superusers and to those who maintain one, with what they may do', async () => {
  const { app, browser, developer } = await open();
  const tab = `href="${page}"`;
  expect((await developer.get('/profile')).html).not.toContain(tab);
  expect((await developer.get(page)).status).toBe(404);
  expect((await browser.get('/profile')).html).toContain(tab);
  const { id } = await createServiceAccount(app, 'mine', { maintainers: [app.dev] });
  const others = await createServiceAccount(app, 'others', { maintainers: [app.root] });
  const profile = (await developer.get('/profile')).html;
  expect(profile).toContain(tab);
  expect(profile).not.toContain('/organization/team');
  const list = await developer.get(page);
  expect([list.status, list.html.includes('others'), list.html.includes('dialog=create')]).toEqual([200, false, false]);
  expect((await developer.get(`${page}?dialog=create`)).html).not.toContain('<dialog');
  expect((await developer.get(`${page}/${others.id}`)).status).toBe(404);
  const own = (await developer.get(`${page}/${id}`)).html;
  expect(own.match(/dialog=[a-z-]+/g)).toEqual(['dialog=edit', 'dialog=remove-maintainer', 'dialog=create-token']);
  for (const dialog of ['disable', 'enable', 'delete']) {
    expect((await developer.get(`${page}/${id}?dialog=${dialog}`)).html).not.toContain('<dialog');
  }
  const superusers = (await browser.get(`${page}/${id}`)).html;
  for (const dialog of ['edit', 'disable', 'delete', 'create-token']) expect(superusers).toContain(`dialog=${dialog}`);
  expect(superusers).not.toContain('dialog=enable');
});

it('edits the description, and the groups only for superusers', async () => {
  const { app, browser, developer } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev], groups: ['a'], description: 'Old' });
  const stored = async () => {
    const account = await app.store.serviceAccounts.findById(id);
    return [account?.description, account?.manualGroups];
  };
  expect((await developer.get(`${page}/${id}?dialog=edit`)).html).not.toContain('name="groups"');
  await developer.submit(`${page}/${id}/edit`, { description: 'New' });
  expect(await stored()).toEqual(['New', '["a"]']);
  await developer.get(`${page}/${id}?dialog=edit`);
  const forged = { description: 'New', groups: 'admins' };
  expect((await developer.submit(`${page}/${id}/edit`, forged)).status).toBe(403);
  expect(await stored()).toEqual(['New', '["a"]']);
  expect((await browser.get(`${page}/${id}?dialog=edit`)).html).toMatch(/name="groups"[^>]*>a<\/textarea>/);
  const tooLong = { description: 'New', groups: 'x'.repeat(65) };
  const refused = await browser.submit(`${page}/${id}/edit`, tooLong);
  expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('at most 64 characters')]);
  await browser.submit(`${page}/${id}/edit`, { description: '', groups: 'b\r\na' });
  expect(await stored()).toEqual([null, '["a","b"]']);
});

it('does not undo with an old form what somebody else changed', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci', { groups: ['a'], description: 'Old' });
  await browser.get(`${page}/${id}?dialog=edit`);
  await app.store.serviceAccounts.setGroups(id, '["b"]');
  const { location } = await browser.submit(`${page}/${id}/edit`, { description: 'New', groups: 'a' });
  expect(location).toEqual(messageAt(`${page}/${id}`, 'service-account-changed'));
  expect(await app.store.serviceAccounts.findById(id)).toMatchObject({ description: 'New', manualGroups: '["b"]' });
});

it('adds and removes maintainers, and says that nobody is left', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci');
  const maintainers = async () => (await app.store.serviceAccounts.summary(id))?.maintainers;
  const nobody = 'No enabled member maintains this service account.';
  expect(textOf((await browser.get(`${page}/${id}`)).html)).toContain(nobody);
  for (const [email, message] of [
    ['nobody@example.com', 'There is no member with the email address nobody@example.com.'],
    ['nobody', 'Enter an email address'],
  ] as const) {
    await browser.get(`${page}/${id}`);
    const refused = await browser.submit(`${page}/${id}/maintainers/add`, { email });
    expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining(message)]);
    expect(refused.html).toContain(`value="${email}"`);
  }
  const { location } = await browser.submit(`${page}/${id}/maintainers/add`, { email: ' DEV@example.com ' });
  expect(location).toEqual(messageAt(`${page}/${id}`, 'maintainer-added'));
  expect(await maintainers()).toEqual(['dev@example.com']);
  expect(textOf((await browser.get(`${page}/${id}`)).html)).not.toContain(nobody);
  await app.store.users.setDisabled(app.dev.id, true);
  expect(textOf((await browser.get(`${page}/${id}`)).html)).toContain(nobody);
  const { html } = await browser.get(`${page}/${id}?dialog=remove-maintainer&email=dev%40example.com`);
  expect(textOf(html)).toContain('Nobody maintains it then.');
  const removed = await browser.submit(`${page}/${id}/maintainers/remove`);
  expect(removed.location).toEqual(messageAt(`${page}/${id}`, 'maintainer-removed'));
  expect(await maintainers()).toEqual([]);
  // The form of another window is about somebody who is gone.
  expect((await browser.get(`${page}/${id}?dialog=remove-maintainer&email=dev%40example.com`)).html).not.toContain(
    '<dialog',
  );
});

it('sends maintainers who remove themselves to a page that they may see', async () => {
  const { app, developer } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await developer.get(`${page}/${id}?dialog=remove-maintainer&email=dev%40example.com`);
  const { location } = await developer.submit(`${page}/${id}/maintainers/remove`);
  const { status, html } = await developer.get(location ?? '');
  expect([status, textOf(html)]).toEqual([200, expect.stringContaining('You no longer maintain ci.')]);
  expect((await developer.get(`${page}/${id}`)).status).toBe(404);
});

it('disables and enables a service account, and offers no new tokens meanwhile', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.root] });
  await browser.get(`${page}/${id}?dialog=disable`);
  expect((await browser.submit(`${page}/${id}/disable`)).location).toEqual(
    messageAt(`${page}/${id}`, 'service-account-disabled'),
  );
  expect((await app.store.serviceAccounts.findById(id))?.disabled).toBe(true);
  const { html } = await browser.get(`${page}/${id}`);
  expect(html).not.toContain('dialog=create-token');
  expect((await browser.get(`${page}/${id}?dialog=create-token`)).html).not.toContain('<dialog');
  expect(row((await browser.get(page)).html)).toContain('disabled');
  await browser.get(`${page}/${id}?dialog=enable`);
  expect((await browser.submit(`${page}/${id}/enable`)).location).toEqual(
    messageAt(`${page}/${id}`, 'service-account-enabled'),
  );
  expect((await app.store.serviceAccounts.findById(id))?.disabled).toBe(false);
  const [form] = formsOf((await browser.get(`${page}/${id}`)).html);
  expect((await browser.post(`${page}/${id}/rename`, form?.hidden)).status).toBe(404);
});

it('says that a service account has no maintainers, and to add one', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'alone');
  expect(textOf((await browser.get(`${page}/${id}`)).html)).toContain(
    'No enabled member maintains this service account. Add a maintainer.',
  );
});

it('says before the deletion what is lost', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.root] });
  const asked = async () => textOf((await browser.get(`${page}/${id}?dialog=delete`)).html);
  expect(await asked()).toContain('It has no tokens. It has no trusts.');
  const { id: tokenId } = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  const trust = {
    ...{ name: 'deploy-api', service_account: 'ci' },
    ...{ issuer: 'https://id.example.com', claims: { sub: 'x' } },
  };
  expect((await app.ask('/api/v1/trusts', { as: app.root, json: trust })).status).toBe(201);
  expect(await asked()).toMatch(/1 token: every program that uses it stops .* 1 trust: .* under deploy-api anymore/);
  expect((await browser.submit(`${page}/${id}/delete`)).location).toEqual(messageAt(page, 'service-account-deleted'));
  expect(await app.store.serviceAccounts.findById(id)).toBeNull();
  expect(await app.store.tokens.findById(tokenId)).toBeNull();
});

it('marks maintainers who are disabled, in the list and on the page', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev, app.root] });
  await app.store.users.setDisabled(app.dev.id, true);
  for (const path of [page, `${page}/${id}`]) {
    const shown = textOf((await browser.get(path)).html);
    expect(shown).toMatch(/dev@example\.com\s*\(disabled\)/);
    expect(shown).not.toMatch(/root@example\.com\s*\(disabled\)/);
  }
});

it('lists those without an enabled maintainer only', async () => {
  const { app, browser } = await open();
  await createServiceAccount(app, 'kept', { maintainers: [app.root] });
  await createServiceAccount(app, 'alone');
  const { html } = await browser.get(`${page}?orphaned=true`);
  expect(row(html)).toMatch(/^alone none 0 never used active orphaned$/);
  expect(html).not.toContain('kept');
});

it('divides a long list into pages', async () => {
  const { app, browser } = await open();
  for (let index = 0; index < 51; index += 1) await createServiceAccount(app, `ci-${index}`);
  const first = (await browser.get(page)).html;
  expect([first.includes('ci-50'), first.includes('>ci-0<')]).toEqual([true, false]);
  const next = /rel="next" href="([^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(row((await browser.get(next)).html)).toContain('ci-0');
});

it('shows hostile texts as texts', async () => {
  const { app, browser } = await open();
  const text = '<script>alert(1)</script>"\'';
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.root], groups: [text], description: text });
  for (const path of [page, `${page}/${id}`, `${page}/${id}?dialog=edit`]) {
    const { html } = await browser.get(path);
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  }
  const email = encodeURIComponent(text);
  expect((await browser.get(`${page}/${id}?dialog=remove-maintainer&email=${email}`)).html).not.toContain('<script>a');
  expect(heading((await browser.get(`${page}/${id}`)).html)).toBe('ci');
});
