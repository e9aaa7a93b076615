import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const dayMs = 24 * 60 * 60 * 1000;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'ci-pipeline' });
  const { useCounter, recordUsage } = app.services;
  /** Counts uses at a time before now. */
  async function use(ago: number, peer: string, userAgent: string, times = 1) {
    const request = {
      method: 'GET',
      target: '/builds',
      peer,
      forwardedFor: null,
      userAgent,
      appId: null,
      wouldDeny: null,
    };
    for (let n = 0; n < times; n += 1) useCounter.allowed(token.id, app.clock.now() - ago, request);
    await recordUsage.flush();
  }
  const path = `/profile/api-tokens/${token.id}`;
  return { app, token, path, use, browser: openConsole(app, app.dev) };
}

/** The text of the dialog on a page. */
const dialogIn = (html: string) => textOf(/<dialog.*<\/dialog>/s.exec(html)?.[0] ?? '');

it('shows before a rotation where the value was used in the last 24 hours', async () => {
  const { path, use, browser } = await open();
  expect(dialogIn((await browser.get(`${path}?dialog=rotate`)).html)).toContain(
    'It was not used in the last 24 hours.',
  );
  await use(3 * 3_600_000, '203.0.113.9', 'curl/8.5.0');
  await use(2 * dayMs, '198.51.100.7', 'git/2.43.0');
  const text = dialogIn((await browser.get(`${path}?dialog=rotate`)).html);
  expect(text).toContain('Used in the last 24 hours 203.0.113.0/24 ( 3 hours ago ) By curl/8.5.0 ( 3 hours ago )');
  expect(text).toContain('By curl/8.5.0 ( 3 hours ago ) Earlier in the last 7 days: git/2.43.0 , 198.51.100.0/24 .');
  expect(text).toMatch(/now in 1 hour in 24 hours in 7 days/);
});

it('shows before a rotation what used the value only earlier in the last 7 days, and nothing older', async () => {
  const { app, token, path, use, browser } = await open();
  const text = async () => dialogIn((await browser.get(`${path}?dialog=rotate`)).html);
  await use(8 * dayMs, '203.0.113.9', 'curl/8.5.0');
  expect(await text()).not.toContain('Earlier');
  const request = { method: 'GET', path: '/builds', ip: null, userAgent: null };
  await app.store.tokens.recordUses([{ tokenId: token.id, at: app.clock.now() - 3 * dayMs, ...request }]);
  expect(await text()).toContain('It was not used in the last 24 hours. Earlier in the last 7 days: 20 Nov 2026');
  for (const number of [1, 2, 3]) await use((number + 1) * dayMs, `198.51.${number}.7`, `job/${number}`);
  expect(await text()).toContain(
    'Earlier in the last 7 days: job/1 , 198.51.1.0/24 , job/2 , 198.51.2.0/24 and 2 more.',
  );
});

it.each([
  ['the list', (id: string) => `/profile/api-tokens?dialog=revoke&id=${id}`],
  ['the page of the token', (id: string) => `/profile/api-tokens/${id}?dialog=revoke`],
])(
  'shows before a revocation on %s what used the token in the last 7 days, and offers a pause',
  async (_, dialogOf) => {
    const { token, path, use, browser } = await open();
    const unused = await browser.get(dialogOf(token.id));
    expect(dialogIn(unused.html)).toContain('It was not used in the last 7 days.');
    expect(unused.html).not.toContain('Pause instead');
    await use(2 * dayMs, '198.51.100.7', 'git/2.43.0', 5);
    await use(8 * dayMs, '203.0.113.9', 'curl/8.5.0');
    const { html } = await browser.get(dialogOf(token.id));
    expect(dialogIn(html)).toContain('Something still uses it: 5 uses in the last 7 days.');
    expect(dialogIn(html)).toContain('198.51.100.');
    expect(dialogIn(html)).not.toContain('203.0.113.');
    expect(dialogIn(html)).toContain('A pause denies the same requests, and can be undone. Pause instead');
    expect(html).toContain(`<a href="${path}?dialog=pause">Pause instead</a>`);
  },
);

it('counts a use of which only the time is known yet', async () => {
  const { app, token, path, browser } = await open();
  const use = { method: 'GET', path: '/builds/42', ip: '203.0.113.9', userAgent: 'curl/8' };
  await app.store.tokens.recordUses([{ tokenId: token.id, at: app.clock.now() - 60_000, ...use }]);
  const { html } = await browser.get(`${path}?dialog=revoke`);
  expect(dialogIn(html)).toContain('Something still uses it.');
  expect(dialogIn(html)).toContain('Used in the last 7 days 1 minute ago from 203.0.113.9');
});

it('offers no pause of a token that is paused already', async () => {
  const { app, token, path, use, browser } = await open();
  await use(dayMs, '198.51.100.7', 'git/2.43.0');
  await app.ask(`/api/v1/tokens/${token.id}/pause`, { as: app.dev, json: {} });
  const { html } = await browser.get(`${path}?dialog=revoke`);
  expect(dialogIn(html)).toContain('Something still uses it');
  expect(html).not.toContain('Pause instead');
});

it('shows superusers the same before they revoke the token of a member', async () => {
  const { app, token, use } = await open();
  await use(dayMs, '198.51.100.7', 'git/2.43.0');
  const { html } = await openConsole(app, app.root).get(
    `/organization/team/${app.dev.id}?dialog=revoke&token=${token.id}`,
  );
  expect(dialogIn(html)).toContain('Something still uses it: 1 use in the last 7 days.');
});

it('says until when two values work, with the last use of each, and who may end the old one', async () => {
  const { app, token, path, browser } = await open();
  await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: app.dev, json: {} });
  const { html } = await browser.get(path);
  expect(textOf(html)).toContain(
    'Two values until 24 Nov 2026, 16:20 UTC Then the old value stops working by itself. Wait. Nothing has used the new value yet. New value tok_',
  );
  expect(textOf(html)).toContain(`Old value ${token.prefix} not used since the rotation End the old value`);
  expect(html).toContain(`id="end-previous" href="${path}?dialog=end-previous"`);
  await browser.get(`${path}?dialog=end-previous`);
  await browser.submit(`${path}/end-previous`);
  expect(textOf((await browser.get(path)).html)).not.toContain('Two values');
});

it('says whether the old value can be ended, by what used each value since the rotation', async () => {
  const { app, token, path } = await open();
  const rotated = await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: app.dev, json: { overlap: 7 * 86_400 } });
  const { prefix } = (await rotated.json()) as { prefix: string };
  const use = (prefix: string, previous: boolean) => {
    const request = { method: 'GET', path: '/builds', ip: null, userAgent: null };
    return app.store.tokens.recordUses([{ tokenId: token.id, prefix, previous, at: app.clock.now(), ...request }]);
  };
  // The session of one request does not last as long as the test.
  const page = async () => openConsole(app, { ...app.dev, session: await app.signIn(app.dev.id) }).get(path);
  const advice = async () => /by itself\. (.*?) New value/.exec(textOf((await page()).html))?.[1];
  expect(await advice()).toBe('Wait. Nothing has used the new value yet.');
  await use(prefix, false);
  app.clock.advance(25 * 3_600_000);
  expect(await advice()).toBe(
    'Wait. The new value is in use, but the rotation was 1 day ago . A program that runs daily may not have run since then.',
  );
  app.clock.advance(2 * 3_600_000);
  expect(await advice()).toBe(
    'The old value can be ended. The new value is in use, and the old one was not used since the rotation. A program that runs less than daily may still need it.',
  );
  await use(token.prefix, true);
  expect(await advice()).toBe(
    'Wait. The old value was used now , since the rotation. Give the new value to the program that used it. If you do not know the program, end the old value now.',
  );
  app.clock.advance(27 * 3_600_000);
  expect(await advice()).toMatch(/^The old value can be ended\. .* the old one was last used 1 day ago ?\./);
});

it('keeps the time of the last use after a rotation, and says with which value it was', async () => {
  const { app, token, path, browser } = await open();
  const useAt = (at: number, prefix: string, previous: boolean) => {
    const request = { method: 'GET', path: '/builds', ip: '203.0.113.9', userAgent: 'old-job/1' };
    return app.store.tokens.recordUses([{ tokenId: token.id, prefix, previous, at, ...request }]);
  };
  const pages = async () => {
    const [page, dialog] = await Promise.all([browser.get(path), browser.get(`${path}?dialog=revoke`)]);
    return { page: textOf(page.html), dialog: dialogIn(dialog.html) };
  };
  await useAt(app.clock.now(), token.prefix, false);
  app.clock.advance(60_000);
  await app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: app.dev, json: {} });
  const { page, dialog } = await pages();
  expect(page).toContain('Last used 1 minute ago before the rotation');
  expect(page).toContain('Before the rotation, the token was last used 1 minute ago');
  expect(dialog).toContain('Last used 1 minute ago before the rotation');
  expect(dialog).toContain('Something still uses it.');
  await useAt(app.clock.now(), token.prefix, true);
  const used = await pages();
  for (const text of Object.values(used))
    expect(text).toMatch(/Last used now GET \/builds 203\.0\.113\.9 with the old value/);
  expect(used.page).toContain('old-job/1');
  expect(used.page).not.toContain('Before the rotation');
  expect(textOf((await browser.get('/profile/api-tokens')).html)).not.toContain('never used');
});
