import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, textOf } from '../../../helpers/console/pages.ts';

const tokens = '/profile/api-tokens';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.dev) };
}

async function create(browser: Browser, fields: Record<string, string>) {
  await browser.get(`${tokens}?dialog=create`);
  const { html } = await browser.submit(tokens, { expires: 'never', ...fields });
  return { html, value: /id="value"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '' };
}

/** The code of each snippet, by its ID. */
function snippetsIn(html: string): Record<string, string> {
  const found = html.matchAll(/<pre id="snippet-([\w-]+)"[^>]*>(.*?)<\/pre>/gs);
  return Object.fromEntries([...found].map(([, id, code = '']) => [id, textOf(code)]));
}

it('shows the value once, in a field, and in no snippet', async () => {
  const { browser } = await open();
  const { html, value } = await create(browser, { name: 'ci' });
  expect(html.split(value)).toHaveLength(2);
  const snippets = snippetsIn(html);
  expect(Object.keys(snippets)).toEqual(['curl', 'python', 'javascript', 'github-actions', 'git', 'prometheus']);
  for (const [id, code] of Object.entries(snippets)) {
    expect(code, id).toContain('TOKENS_TOKEN');
    expect(code, id).toContain('tokens.example.com');
  }
  expect(textOf(html)).toContain('The snippets call this server, and do not change “Last used” of the token.');
});

it('has the address of the first app of the token that has one', async () => {
  const { app, browser } = await open();
  for (const json of [
    { name: 'wiki' },
    { name: 'grafana', url: "https://grafana.example.com:8443/a'b/?x={{secrets.Y}}" },
  ])
    await app.ask('/api/v1/apps', { as: app.root, json });
  const { html } = await create(browser, { name: 'ci', apps: 'wiki grafana' });
  const { git, prometheus, ...others } = snippetsIn(html);
  for (const code of Object.values(others)) expect(code).toContain("'https://grafana.example.com:8443/a%27b/'");
  expect(git).toContain("'credential.https://grafana.example.com:8443.helper'");
  expect(git).toContain("'https://grafana.example.com:8443/a%27b/REPOSITORY.git'");
  expect(prometheus).toContain("job_name: 'grafana'");
  expect(prometheus).toContain("metrics_path: '/a%27b/metrics'");
  expect(prometheus).toContain("targets: ['grafana.example.com:8443']");
  expect(html).not.toContain('secrets.Y');
});

it('has no snippets for a canary, and only those for this server for a management key', async () => {
  const { app, browser } = await open();
  const canary = await create(browser, { name: 'bait', canary: 'true' });
  expect(snippetsIn(canary.html)).toEqual({});
  expect(textOf(canary.html)).toContain('If you lose it, revoke the token and create a new one.');
  const account = await app.ask('/api/v1/service-accounts', { as: app.root, json: { name: 'ci' } });
  const { id } = (await account.json()) as { id: string };
  const superuser = openConsole(app, app.root);
  const path = `/organization/service-accounts/${id}`;
  await superuser.get(`${path}?dialog=create-key`);
  const { html } = await superuser.submit(`${path}/keys`, { name: 'terraform', manage: 'users:read', expires: '3600' });
  expect(Object.keys(snippetsIn(html))).toEqual(['curl', 'python', 'javascript', 'github-actions']);
  expect(textOf(html)).toContain('Value of terraform');
});

it('leads back to the list after a creation and to the token after a rotation', async () => {
  const { app, browser } = await open();
  const done = (html: string) => /href="([^"]*)" data-saved/.exec(html)?.[1];
  expect(done((await create(browser, { name: 'ci' })).html)).toBe(tokens);
  const { id } = await createToken(app, app.dev, { name: 'old' });
  await browser.get(`${tokens}/${id}?dialog=rotate`);
  const { html } = await browser.submit(`${tokens}/${id}/rotate`, { overlap: '3600' });
  expect(done(html)).toBe(`${tokens}/${id}`);
});

it('replaces a lost value by “Rotate now”, so that the lost one and the old one stop working at once', async () => {
  const { app, browser } = await open();
  await browser.get(`${tokens}?dialog=create`);
  const again = async (action: string, fields: Record<string, string>, page: string) => {
    const key = /name="key" value="([0-9a-f-]{36})"/.exec((await browser.get(page)).html)?.[1] ?? '';
    const first = await browser.submit(action, { ...fields, key });
    await browser.get(page);
    const { html } = await browser.submit(action, { ...fields, key, ends: '' });
    return { lost: /id="value"[^>]* value="([^"]+)"/.exec(first.html)?.[1] ?? '', html };
  };
  const created = await again(tokens, { name: 'ci', expires: 'never' }, `${tokens}?dialog=create`);
  expect(textOf(created.html)).toContain(`The value ${created.lost.slice(0, 12)} stops working at once.`);
  const path = /<a href="([^"]+)">ci<\/a>/.exec(created.html)?.[1] ?? '';
  const rotated = await again(`${path}/rotate`, { overlap: '3600' }, `${path}?dialog=rotate`);
  expect(textOf(rotated.html)).toMatch(/The values tok_\w{8} and tok_\w{8} stop working at once\./);
  const { status, html } = await browser.submit(`${path}/rotate`);
  const value = /id="value"[^>]* value="([^"]+)"/.exec(html)?.[1] ?? '';
  expect([status, await verdict(app, value)]).toEqual([200, 200]);
  expect(await Promise.all([created.lost, rotated.lost].map((lost) => verdict(app, lost)))).toEqual([
    'rotated',
    'rotated',
  ]);
});

it('offers no rotation of a canary or a revoked token whose value was already shown', async () => {
  const { app, browser } = await open();
  await browser.get(`${tokens}?dialog=create`);
  const page = await browser.get(`${tokens}?dialog=create`);
  const hidden = formsOf(page.html).find(({ action }) => action === tokens)?.hidden;
  const fields = { ...hidden, name: 'bait', expires: 'never', canary: 'true' };
  await browser.post(tokens, fields);
  const { html } = await browser.post(tokens, fields);
  expect(textOf(html)).toContain('revoke the token and create a new one');
  expect(html).not.toContain('/rotate');
  const [bait] = await app.store.tokens.list({ limit: 1, before: null, ownerId: app.dev.id, now: app.clock.now() });
  await app.ask(`/api/v1/tokens/${bait?.id}`, { method: 'DELETE', as: app.dev });
  expect((await browser.post(tokens, fields)).html).not.toContain('/rotate');
});
