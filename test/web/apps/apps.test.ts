import { expect, it, onTestFinished } from 'vitest';
import { createToken, jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';

const page = '/organization/apps';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.root) };
}

const filled = {
  name: 'grafana',
  url: 'https://grafana.example.com/',
  hosts: 'Grafana.example.com\r\n\r\nmetrics.example.com\r\n',
  groups: 'on call\r\ndevelopers',
  max_expiry: '90d',
  preflight: 'yes',
};
const stored = {
  name: 'grafana',
  url: 'https://grafana.example.com/',
  hosts: ['grafana.example.com', 'metrics.example.com'],
  groups: ['developers', 'on call'],
  maxExpirySeconds: 90 * 86_400,
  preflight: 'pass',
};

it('registers an app and lists it', async () => {
  const { app, browser } = await open();
  expect(textOf((await browser.get(page)).html)).toContain('There are no apps.');
  await browser.get(`${page}?dialog=add`);
  const { status, location } = await browser.submit(page, filled);
  expect([status, location]).toEqual([303, messageAt(page, 'app-registered')]);
  expect(await app.store.apps.list({ limit: 9, before: null })).toMatchObject([stored]);
  const { html } = await browser.get(location ?? '');
  expect(textOf(html)).toContain('The app grafana was registered.');
  const row = textOf(html.split('<tr>').at(-1) ?? '');
  expect(row).toMatch(
    /^grafana https:\/\/grafana\.example\.com\/ For developers on call grafana\.example\.com metrics\.example\.com 90d pass/,
  );
});

it('shows the form with its values again if a field is wrong, and changes nothing', async () => {
  const { app, browser } = await open();
  await addApp(app.store, { name: 'taken', hosts: ['taken.example.com'] });
  const wrong = [
    [{ name: 'Grafana' }, 'The name of an app has 1 to 63', 400],
    [{ name: 'taken' }, 'There is already an app with this name.', 409],
    [{ hosts: 'taken.example.com' }, 'Another app has the host taken.example.com.', 409],
    [{ hosts: 'good.example.com\nhttps://x' }, 'Enter a host name such as', 400],
    [{ groups: 'x'.repeat(65) }, 'at most 64 characters', 400],
    [{ max_expiry: 'soon' }, 'Enter a duration such as 12h', 400],
    [{ url: 'javascript:alert(1)' }, 'Enter an address such as', 400],
  ] as const;
  for (const [fields, message, expected] of wrong) {
    await browser.get(`${page}?dialog=add`);
    const { status, html } = await browser.submit(page, { ...filled, ...fields });
    expect([fields, status]).toEqual([fields, expected]);
    expect(textOf(html)).toContain(message);
    expect(html).toContain('aria-invalid="true"');
    for (const value of Object.values(fields)) expect(html).toContain(value.split('\n')[0]);
  }
  expect(await app.store.apps.list({ limit: 9, before: null })).toHaveLength(1);
});

it('edits an app with a form that holds its present values', async () => {
  const { app, browser } = await open();
  const { id } = await addApp(app.store, { ...stored, preflight: 'pass' });
  const { html } = await browser.get(`${page}/${id}?dialog=edit`);
  expect(html).toMatch(/name="url" type="url"[^>]* value="https:\/\/grafana\.example\.com\/"/);
  expect(html).toMatch(/name="groups"[^>]*>developers\non call<\/textarea>/);
  expect(html).toMatch(/name="hosts"[^>]*>grafana\.example\.com\nmetrics\.example\.com<\/textarea>/);
  expect(html).toMatch(/name="max_expiry"[^>]* value="90d"/);
  expect(html).toMatch(/name="preflight"[^>]* checked/);
  // The form as it is changes nothing.
  expect((await browser.submit(`${page}/${id}/edit`, filled)).location).toEqual(
    messageAt(`${page}/${id}`, 'app-changed'),
  );
  expect(await app.store.apps.findById(id)).toMatchObject(stored);
  await browser.get(`${page}/${id}?dialog=edit`);
  const nothing = { url: '', hosts: '', groups: '', max_expiry: '' };
  await browser.submit(`${page}/${id}/edit`, nothing);
  const none = { url: null, hosts: [], groups: [], maxExpirySeconds: null };
  expect(await app.store.apps.findById(id)).toMatchObject({ name: 'grafana', ...none });
  expect((await browser.get(`${page}/${app.root.id}?dialog=edit`)).status).toBe(404);
});

it('does not undo with an old form what somebody else changed', async () => {
  const { app, browser } = await open();
  const { id } = await addApp(app.store, { ...stored, preflight: 'pass' });
  await browser.get(`${page}/${id}?dialog=edit`);
  const [hosts, groups] = [stored.hosts.join('\r\n'), stored.groups.join('\r\n')];
  const unchanged = { url: stored.url, hosts, groups, preflight: 'yes' };
  await app.store.apps.edit(id, { groups: ['operations'], preflight: 'deny', changedAt: app.clock.now() });
  await browser.submit(`${page}/${id}/edit`, { ...unchanged, max_expiry: '30d' });
  expect(await app.store.apps.findById(id)).toMatchObject({
    ...stored,
    ...{ groups: ['operations'], preflight: 'deny', maxExpirySeconds: 30 * 86_400 },
  });
});

it('deletes an app, and says how many tokens are restricted to it', async () => {
  const { app, browser } = await open();
  const { id } = await addApp(app.store, { name: 'grafana' });
  const asked = async () => textOf((await browser.get(`${page}/${id}?dialog=delete`)).html);
  expect(await asked()).not.toMatch(/\d tokens? (is|are) restricted/);
  const { id: tokenId } = await createToken(app, app.dev, { name: 'ci' });
  await app.store.apps.setTokenApps(tokenId, [id]);
  // The dialog was shown before the token was restricted to the app.
  const outdated = await browser.submit(`${page}/${id}/delete`);
  expect([outdated.status, textOf(outdated.html)]).toEqual([409, expect.stringContaining('1 token is restricted')]);
  expect(await app.store.apps.findById(id)).not.toBeNull();
  expect(await asked()).toContain('1 token is restricted to this app.');
  expect((await browser.submit(`${page}/${id}/delete`)).location).toEqual(messageAt(page, 'app-deleted'));
  expect(await app.store.apps.findById(id)).toBeNull();
});

it('links only web addresses, and shows hostile texts as texts', async () => {
  const { app, browser } = await open();
  const text = '<script>alert(1)</script>\u202e"\'';
  await addApp(app.store, { name: text, url: 'javascript:alert(1)', hosts: [text], groups: [text] });
  for (const query of [null, '', '?dialog=edit', '?dialog=delete']) {
    const [stored] = await app.store.apps.list({ limit: 1, before: null });
    const { html } = await browser.get(query === null ? page : `${page}/${stored?.id}${query}`);
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('href="javascript:');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  }
});

it('shows the tokens that are restricted to the app, and no others, with a link to all of them', async () => {
  const { app, browser } = await open();
  const { id } = await addApp(app.store, { name: 'grafana' });
  await addApp(app.store, { name: 'wiki' });
  expect(textOf((await browser.get(`${page}/${id}`)).html)).toContain('No token is restricted to this app.');
  await createToken(app, app.dev, { name: 'for-grafana', apps: ['wiki', 'grafana'] });
  await createToken(app, app.dev, { name: 'for-wiki', apps: ['wiki'] });
  await createToken(app, app.dev, { name: 'for-all' });
  const { html } = await browser.get(`${page}/${id}`);
  expect(textOf(html)).toContain('for-grafana');
  expect(textOf(html)).not.toMatch(/for-wiki|for-all/);
  expect(html).toContain('href="/organization/tokens?app=grafana"');
  const all = textOf((await browser.get('/organization/tokens?app=grafana')).html);
  expect(all).toContain('App: grafana');
  expect(all).toContain('for-grafana');
  expect(all).not.toMatch(/for-wiki|for-all/);
  const unknown = await browser.get('/organization/tokens?app=nothing');
  expect([unknown.status, textOf(unknown.html)]).toEqual([400, expect.stringContaining('There is no app “nothing”.')]);
});

it('ends the page of an app with its history, with changes in words', async () => {
  const { app, browser } = await open();
  const json = { name: 'grafana', groups: ['developers'] };
  const { id } = await jsonOf<{ id: string }>(app.ask('/api/v1/apps', { as: app.root, json }));
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'wiki' } });
  const change = { groups: ['operations'], max_expiry: 90 * 86_400 };
  await app.ask(`/api/v1/apps/${id}`, { method: 'PATCH', as: app.root, json: change });
  const { html } = await browser.get(`${page}/${id}`);
  const history = textOf(html.slice(html.indexOf('id="history"')));
  expect(history).toContain('Groups: added operations ; removed developers');
  expect(history).toContain('Maximum expiry: none → 90d');
  expect(history).toMatch(/changed app grafana.*registered app grafana/);
  expect(history).not.toContain('wiki');
});
