import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { change, read } from '../../http/token-changes/changes.ts';
import { addApp, deleteApp, noRules, rulesOf } from '../../http/tokens/rules/gate.ts';

const tokens = '/profile/api-tokens';
const fields = {
  apps: 'grafana, immich',
  read_only: 'true',
  allow: 'GET,HEAD /api/**\r\n\r\n* /login ',
  networks: '203.0.113.0/24 2001:db8::/32',
  observe: 'true',
};
const rules = {
  apps: ['grafana', 'immich'],
  read_only: true,
  allow: ['GET,HEAD /api/**', '* /login'],
  networks: ['203.0.113.0/24', '2001:db8::/32'],
  enforce: false,
};

async function open(body: object = {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const ids = {
    grafana: await addApp(app, 'grafana'),
    immich: await addApp(app, 'immich', { maxExpirySeconds: 86_400 }),
  };
  const token = await createToken(app, app.dev, { name: 'ci', ...body });
  const path = `${tokens}/${token.id}`;
  const browser = openConsole(app, app.dev);
  const edit = async (form: Record<string, string>) => {
    await browser.get(`${path}?dialog=edit`);
    return browser.submit(`${path}/edit`, { name: 'ci', description: '', date: '', ...form });
  };
  return { app, ids, token, path, browser, edit, present: async () => rulesOf(await read(app, token.id)) };
}

it('creates a token with rules', async () => {
  const { app, browser } = await open();
  await browser.get(`${tokens}?dialog=create`);
  const { status } = await browser.submit(tokens, { name: 'limited', expires: '3600', ...fields });
  const [token] = await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() });
  expect([status, rulesOf(await read(app, token?.id ?? ''))]).toEqual([200, rules]);
});

it('shows the rules on the page of the token', async () => {
  const { app, ids, token, browser, path } = await open(rules);
  const text = textOf((await browser.get(path)).html);
  for (const part of [
    'Rules applied no What the rules would deny is only counted.',
    'Apps grafana immich',
    'Methods only those that change nothing',
    'Allowed requests GET,HEAD /api/** * /login',
    'Networks 203.0.113.0/24 2001:db8::/32',
  ]) {
    expect(text).toContain(part);
  }
  await deleteApp(app, ids.grafana);
  await deleteApp(app, ids.immich);
  expect(textOf((await browser.get(path)).html)).toContain('Apps none: every request would be denied');
  await change(app, `tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: { enforce: true } });
  expect(textOf((await browser.get(path)).html)).toContain('Apps none, so that every request is denied');
});

it('says that a token has no rules', async () => {
  const { browser, path } = await open();
  expect(textOf((await browser.get(path)).html)).toContain(
    'Rules none It may make every request that its owner may make.',
  );
});

it('sets, changes and removes rules', async () => {
  const { edit, present } = await open();
  expect((await edit(fields)).status).toBe(303);
  expect(await present()).toEqual(rules);
  const { observe: _, ...enforced } = fields;
  await edit({ ...enforced, apps: 'immich' });
  expect(await present()).toEqual({ ...rules, apps: ['immich'], enforce: true });
  await edit({ apps: '', allow: '', networks: '' });
  expect(await present()).toEqual(noRules);
  await edit({ apps: '-', allow: '', networks: '' });
  expect(await present()).toEqual({ ...noRules, apps: [] });
  await edit({ apps: '', allow: '', networks: '' });
  expect(await present()).toEqual(noRules);
});

it('keeps what somebody else changed since the form was shown', async () => {
  const { app, token, path, browser, present } = await open(rules);
  await browser.get(`${path}?dialog=edit`);
  const narrower = { apps: ['grafana'], networks: ['203.0.113.7'], enforce: true };
  await change(app, `tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: narrower });
  await browser.submit(`${path}/edit`, { name: 'renamed', description: '', date: '', ...fields, allow: 'GET /' });
  expect(await present()).toEqual({ ...rules, ...narrower, allow: ['GET /'] });
  await browser.get(`${path}?dialog=edit`);
  await browser.submit(`${path}/edit`, { name: 'again', description: '', date: '' });
  expect(await present()).toEqual({ ...rules, ...narrower, allow: ['GET /'] });
});

it('shows the fault next to its field, and keeps what was entered', async () => {
  const { edit, browser, present } = await open();
  const wrong = { apps: 'nowhere', allow: 'GET /a*\nget /', networks: 'here' };
  const { status, html } = await edit(wrong);
  expect(status).toBe(400);
  expect(html).toMatch(/<p class="error" id="allow-error">“\*” stands for a whole segment/);
  expect(html).toMatch(/<p class="error" id="networks-error">“here” is not a network/);
  expect(html).toMatch(/<details class="rules" open=""/);
  expect(html).toContain('GET /a*\nget /</textarea>');
  expect(await present()).toEqual(noRules);
  await browser.get(`${tokens}?dialog=create`);
  const refused = await browser.submit(tokens, { name: 'x', expires: '3600', apps: 'nowhere' });
  expect(refused.html).toMatch(/<p class="error" id="apps-error">There is no app “nowhere”/);
});

it('says when a rotated token expires, if an app bounds its life', async () => {
  const { app, ids, token, path, browser } = await open({ expires_in: 3600 });
  expect(textOf((await browser.get(`${path}?dialog=rotate`)).html)).toContain(
    'It then expires on 23 Nov 2026, 17:20 UTC',
  );
  await change(app, `tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: { expires_in: null } });
  await change(app, `tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: { apps: ['immich'] } });
  app.clock.advance(1000);
  expect(textOf((await browser.get(`${path}?dialog=rotate`)).html)).toContain(
    'It then expires on 24 Nov 2026, 16:20 UTC . A rotation renews its life of 1 day.',
  );
  const long = await createToken(app, app.dev, { name: 'long', expires_in: 90 * 86_400, apps: ['grafana'] });
  await change(app, `apps/${ids.grafana}`, { method: 'PATCH', as: app.root, json: { max_expiry: 86_400 } });
  expect(textOf((await browser.get(`${tokens}/${long.id}?dialog=rotate`)).html)).toContain(
    'That is after 1 day, the longest life that a token may have here.',
  );
});
