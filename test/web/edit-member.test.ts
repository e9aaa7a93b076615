import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../helpers/console/pages.ts';

const team = '/organization/team';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const browser = openConsole(app, app.root);
  const page = `${team}/${app.dev.id}`;
  const edit = async (fields: Record<string, string>) => {
    await browser.get(`${page}?dialog=edit`);
    return browser.submit(`${page}/edit`, fields);
  };
  const found = () => app.store.users.findById(app.dev.id);
  return { app, browser, page, edit, found };
}

it('changes the name and the email address of a member', async () => {
  const { browser, page, edit, found } = await open();
  const done = await edit({ name: 'Ada', email: 'ada@example.com' });
  expect([done.status, done.location]).toEqual([303, messageAt(page, 'member-changed')]);
  expect(await found()).toMatchObject({ name: 'Ada', email: 'ada@example.com' });
  const { html } = await browser.get(`${page}?dialog=edit`);
  expect(html).toContain('value="ada@example.com"');
});

it('shows the groups of a member, and changes those that superusers gave', async () => {
  const { app, browser, page, edit, found } = await open();
  await app.store.users.setSsoGroups(app.dev.id, '["a","b","c","d","e","f","staff"]');
  expect((await edit({ groups: ' operations\r\n\r\ndevelopers' })).status).toBe(303);
  expect(await found()).toMatchObject({ manualGroups: '["developers","operations"]' });
  const { html } = await browser.get(`${page}?dialog=edit`);
  expect(html).toMatch(/<textarea[^>]*name="groups"[^>]*>developers\noperations<\/textarea>/);
  expect(textOf(html)).toContain('adds its own at each sign-in: a, b, c, d, e and 2 more.');
  expect(textOf((await browser.get(page)).html)).toContain(
    'Groups developers operations a b c d e f staff from the identity provider',
  );
  expect(textOf((await browser.get(team)).html)).toContain('Groups: a, b, c, d, developers and 4 more');
  const rejected = await edit({ groups: `developers\n${'x'.repeat(65)}` });
  expect([rejected.status, textOf(rejected.html)]).toEqual([400, expect.stringContaining('at most 64 characters')]);
  expect(rejected.html).toContain('aria-describedby="groups-hint groups-error"');
  expect((await edit({ name: 'Dev' })).status, 'without the field').toBe(303);
  expect(await found()).toMatchObject({ name: 'Dev', manualGroups: '["developers","operations"]' });
  expect((await edit({ groups: '' })).status).toBe(303);
  expect(await found()).toMatchObject({ manualGroups: null });
});

it('does not give back groups with an old form', async () => {
  const { app, browser, page, edit, found } = await open();
  await edit({ groups: 'operations' });
  expect((await browser.get(`${page}?dialog=edit`)).html).toContain('name="shown_groups" value="operations"');
  await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json: { groups: [] } });
  await browser.submit(`${page}/edit`, { name: 'Ada', groups: 'operations' });
  expect(await found()).toMatchObject({ name: 'Ada', manualGroups: null });
});

it('shows a rejected form with its values and the reasons', async () => {
  const { edit, found } = await open();
  const taken = await edit({ name: 'Ada', email: 'root@example.com' });
  expect([taken.status, textOf(taken.html)]).toEqual([409, expect.stringContaining('already a member')]);
  expect(taken.html).toContain('value="Ada"');
  expect((await edit({ name: 'x'.repeat(65), email: 'nonsense' })).status).toBe(400);
  expect(await found()).toMatchObject({ name: '', email: 'dev@example.com' });
});

it('leaves the email address of a member with single sign-on to the identity provider', async () => {
  const { app, browser } = await open();
  const { user } = await app.services.users.create(await callerOf(app), { email: 'sso@example.com' });
  await app.store.users.bindIdentity(user.id, { issuer: 'https://id.example.com', subject: 'sso' });
  const { html } = await browser.get(`${team}/${user.id}?dialog=edit`);
  expect(html).not.toContain('name="email"');
  expect(textOf(html)).toContain('The email address comes from the identity provider.');
  expect((await browser.submit(`${team}/${user.id}/edit`, { name: 'Renamed' })).status).toBe(303);
  await browser.get(`${team}/${user.id}?dialog=edit`);
  const forced = await browser.submit(`${team}/${user.id}/edit`, { name: '', email: 'other@example.com' });
  expect(forced.status).toBe(409);
});

it('deletes a member after confirmation, and returns to the team', async () => {
  const { app, browser, page, found } = await open();
  const { token } = await createToken(app, app.dev, { name: 'ci' });
  const { html } = await browser.get(`${page}?dialog=delete`);
  expect(textOf(/<dialog.*<\/dialog>/s.exec(html)?.[0] ?? '')).toContain('Permanently revokes 1 token (1 active).');
  const { location } = await browser.submit(`${page}/delete`);
  expect(location).toEqual(messageAt(team, 'member-deleted'));
  expect(await found()).toBeNull();
  expect(await verdict(app, token)).toBe('revoked');
  expect((await browser.get(page)).status).toBe(404);
  expect(textOf((await browser.get(location ?? '')).html)).toContain('dev@example.com was deleted.');
  expect(textOf((await browser.get(location ?? '')).html)).not.toContain('dev@example.com');
});

it('does not offer superusers to delete themselves', async () => {
  const { app, browser } = await open();
  await app.addMember({ email: 'other@example.com', superuser: true });
  const own = `${team}/${app.root.id}`;
  for (const path of [own, `${own}?dialog=delete`]) expect((await browser.get(path)).html).not.toContain('/delete');
  expect((await browser.get(own)).html).not.toContain('dialog=delete');
  const { html } = await browser.get(own);
  const form_token = /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
  const forced = await browser.post(`${own}/delete`, { form_token });
  expect([forced.status, textOf(forced.html)]).toEqual([409, expect.stringContaining('You cannot delete your own')]);
});

async function callerOf(app: Awaited<ReturnType<typeof open>>['app']) {
  const user = await app.store.users.findById(app.root.id);
  if (user === null) throw new Error('There is no superuser');
  return { user, sessionId: 'x', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
}
