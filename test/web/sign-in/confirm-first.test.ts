import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPath } from '../../../server/web/shell/return-path.ts';
import { openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const hour = 60 * 60 * 1000;
const request = new URLSearchParams({
  client_id: 'tokens',
  redirect_uri: 'http://127.0.0.1:40000/callback',
  response_type: 'code',
  code_challenge: 'A'.repeat(43),
  code_challenge_method: 'S256',
});
const approval = `/oauth/authorize?${request}`;
const offer = 'Confirm it first';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

it('offers superusers to confirm it before they approve the command line, and returns there', async () => {
  const browser = openConsole(app, app.root);
  expect(textOf((await browser.get(approval)).html)).not.toContain(offer);
  app.clock.advance(hour);
  const shown = await browser.get(approval);
  expect(textOf(shown.html)).toContain(offer);
  const [, link = ''] = /href="([^"]*)">Confirm it first/.exec(shown.html) ?? [];
  const asked = await browser.get(link.replaceAll('&amp;', '&'));
  expect(textOf(asked.html)).toContain('Confirm it is you to sign in the command line');
  expect((await browser.submit('/profile/confirm', { confirm_password: 'wrong' })).status).toBe(403);
  const confirmed = await browser.submit('/profile/confirm', { confirm_password: password });
  expect([confirmed.status, confirmed.location]).toEqual([303, approval]);
  expect(textOf((await browser.get(approval)).html)).not.toContain(offer);
});

it('offers it to no other member, who needs it for no command', async () => {
  app.clock.advance(hour);
  expect(textOf((await openConsole(app, app.dev).get(approval)).html)).not.toContain(offer);
});

it('leads to no other site, and nowhere without a confirmation', async () => {
  const browser = openConsole(app, app.root);
  await browser.get(`/profile/confirm?next=${encodeURIComponent('https://evil.example.com/')}`);
  const confirmed = await browser.submit('/profile/confirm', {
    confirm_password: password,
    next: '//evil.example.com',
  });
  expect([confirmed.status, confirmed.location]).toEqual([303, startPath]);
  const { html } = await browser.get('/logout');
  const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  expect((await browser.post('/profile/confirm', { form_token, next: '/profile' })).status).toBe(403);
});
