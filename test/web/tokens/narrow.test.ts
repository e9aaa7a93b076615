import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { read } from '../../http/token-changes/changes.ts';
import { addApp, noRules, rulesOf } from '../../http/tokens/rules/gate.ts';

async function open(uses: number) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const wiki = await addApp(app, 'wiki');
  const token = await createToken(app, app.dev, { name: 'ci' });
  const path = `/profile/api-tokens/${token.id}`;
  const request = {
    method: 'GET',
    target: '/pages/7',
    peer: '127.0.0.1',
    forwardedFor: '203.0.113.9',
    userAgent: null,
  };
  if (uses > 0) {
    const now = app.clock.now();
    app.services.useCounter.allowed(token.id, now, { ...request, appId: wiki, wouldDeny: null }, uses, now);
    await app.services.recordUsage.flush();
  }
  const present = async () => rulesOf(await read(app, token.id));
  return { app, path, present, browser: openConsole(app, app.dev) };
}

it('shows the rules that the recorded uses suggest, and sets them on request', async () => {
  const { path, present, browser } = await open(1_234);
  expect((await browser.get(path)).html).toContain(`${path}?dialog=narrow`);
  const { html } = await browser.get(`${path}?dialog=narrow`);
  const text = textOf(html);
  for (const shown of ['1,234 uses', 'App wiki', 'GET /pages/*', 'From 203.0.113.0/24', 'Set these rules']) {
    expect(text).toContain(shown);
  }
  expect(await present()).toEqual(noRules);
  const { status, location } = await browser.submit(`${path}/narrow`);
  expect([status, location]).toEqual([303, messageAt(path, 'token-changed')]);
  const rules = { apps: ['wiki'], read_only: true, allow: ['GET /pages/*'], networks: ['203.0.113.0/24'] };
  expect(await present()).toEqual({ ...noRules, ...rules });
});

it('replaces rules that are only observed', async () => {
  const { app, path, present, browser } = await open(30);
  const id = path.split('/').at(-1) ?? '';
  await app.ask(`/api/v1/tokens/${id}`, {
    method: 'PATCH',
    as: app.dev,
    json: { networks: ['2001:db8::/32'], enforce: false },
  });
  expect(textOf((await browser.get(`${path}?dialog=narrow`)).html)).toContain('They replace all present rules');
  await browser.submit(`${path}/narrow`, { networks: '' });
  expect(await present()).toMatchObject({ apps: ['wiki'], networks: null, enforce: false });
});

it('asks before it suggests rules from few uses', async () => {
  const { path, browser } = await open(3);
  const { html } = await browser.get(`${path}?dialog=narrow`);
  expect(textOf(html)).toContain('fewer than 20 recorded uses in the last 30 days');
  expect(html).not.toContain('Set these rules');
  expect(textOf((await browser.get(`${path}?dialog=narrow&force=true`)).html)).toContain('GET /pages/*');
});

it('offers nothing to set if nothing is suggested', async () => {
  const { path, browser } = await open(0);
  const { html } = await browser.get(`${path}?dialog=narrow&force=true`);
  expect(textOf(html)).toContain('suggest no rule');
  expect(html).not.toContain('Set these rules');
});

it('shows the dialog again if a rule cannot be set', async () => {
  const { path, present, browser } = await open(30);
  await browser.get(`${path}?dialog=narrow`);
  const { status, html } = await browser.submit(`${path}/narrow`, { apps: 'gone' });
  expect(status).toBe(400);
  expect(html).toContain('Limit “ci” to what it used');
  expect(await present()).toEqual(noRules);
});

it('is not offered to a superuser for the token of another member', async () => {
  const { app, path } = await open(30);
  const browser = openConsole(app, app.root);
  expect((await browser.get(path)).html).not.toContain('dialog=narrow');
  expect((await browser.get(`${path}?dialog=narrow`)).html).not.toContain('<dialog');
});
