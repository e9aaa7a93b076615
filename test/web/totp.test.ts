import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';
import { type Browser, messageAt, openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';
import { codeAt, turnOn } from '../helpers/sign-in/totp.ts';

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

async function typePassword(app: TestApp, next = '/profile') {
  const browser = openConsole(app);
  await browser.get(`/login?next=${encodeURIComponent(next)}`);
  const { email, password } = app.dev;
  const shown = await browser.submit('/login', { email, password });
  return { browser, shown };
}

const isSignedIn = (app: TestApp, browser: Browser) => browser.cookies.has(sessionCookieName(app));
const secretIn = (html: string) => /id="totp-secret"[^>]*value="([A-Z2-7]+)"/.exec(html)?.[1] ?? '';
const recoveryCodesIn = (html: string) => html.match(/([A-Z]{4}-){3}[A-Z]{4}/g) ?? [];

it('asks for the code after the password, then returns to the requested page', async () => {
  const app = await open();
  const { secret } = await turnOn(app, app.dev);
  app.clock.advance(30_000);
  const { browser, shown } = await typePassword(app, '/profile?x=1');
  expect(isSignedIn(app, browser)).toBe(false);
  const action = shown.location ?? '';
  expect(action).toBe(`/login/code?next=${encodeURIComponent('/profile?x=1')}`);
  await browser.get(action);
  const wrong = await browser.submit(action, { code: '000000' });
  expect([wrong.status, isSignedIn(app, browser)]).toEqual([401, false]);
  const right = await browser.submit(action, { code: codeAt(secret, app.clock.now()) });
  expect([right.status, right.location]).toEqual([303, '/profile?x=1']);
  expect(isSignedIn(app, browser)).toBe(true);
  expect([...browser.cookies.keys()].join()).not.toContain('step');
});

it('accepts the second factor once, within ten minutes, in the browser that sent the password', async () => {
  const app = await open();
  const { secret } = await turnOn(app, app.dev);
  app.clock.advance(30_000);
  const { shown } = await typePassword(app);
  const action = shown.location ?? '';
  const stranger = openConsole(app);
  await stranger.get(action);
  expect((await stranger.submit(action, { code: codeAt(secret, app.clock.now()) })).status).toBe(403);

  const { browser: late } = await typePassword(app);
  app.clock.advance(600_000);
  await late.get(action);
  expect((await late.submit(action, { code: codeAt(secret, app.clock.now()) })).status).toBe(403);

  const { browser } = await typePassword(app);
  const cookies = new Map(browser.cookies);
  await browser.get(action);
  expect((await browser.submit(action, { code: codeAt(secret, app.clock.now()) })).status).toBe(303);
  app.clock.advance(30_000);
  for (const [name, value] of cookies) stranger.cookies.set(name, value);
  await stranger.get(action);
  expect((await stranger.submit(action, { code: codeAt(secret, app.clock.now()) })).status, 'used before').toBe(403);
});

it('rejects the second factor if the password changed after the first', async () => {
  const app = await open();
  const { secret } = await turnOn(app, app.dev);
  app.clock.advance(30_000);
  const { browser, shown } = await typePassword(app);
  const json = { current: app.dev.password, new: 'another staple battery horse' };
  expect((await app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json })).status).toBe(204);
  await browser.get(shown.location ?? '');
  expect((await browser.submit(shown.location ?? '', { code: codeAt(secret, app.clock.now()) })).status).toBe(403);
});

it('enrols at the first sign-in if required, and shows the recovery codes once', async () => {
  const app = await open({ requireTotp: true });
  const { browser, shown } = await typePassword(app);
  const action = shown.location ?? '';
  expect(action).toBe('/login/set-up?next=%2Fprofile');
  const page = await browser.get(action);
  expect(page.html).toContain('<svg');
  const secret = secretIn(page.html);
  const wrong = await browser.submit(action, { code: '000000' });
  expect([wrong.status, secretIn(wrong.html), isSignedIn(app, browser)]).toEqual([403, secret, false]);
  const done = await browser.submit(action, { code: codeAt(secret, app.clock.now()) });
  expect([done.status, isSignedIn(app, browser)]).toEqual([200, true]);
  expect(recoveryCodesIn(done.html)).toHaveLength(10);
  expect(done.headers.get('cache-control')).toBe('no-store');
  expect((await browser.get('/profile')).status).toBe(200);
});

it('turns two-factor sign-in on, generates recovery codes, and turns it off on the profile', async () => {
  const app = await open();
  const browser = openConsole(app, app.dev);
  const { password } = app.dev;
  expect(textOf((await browser.get('/profile')).html)).toContain('Two-factor sign-in is off.');
  await browser.get('/profile/two-step');
  expect((await browser.submit('/profile/two-step', { password: 'wrong' })).status).toBe(403);
  const setUp = await browser.submit('/profile/two-step', { password });
  const secret = secretIn(setUp.html);
  const on = await browser.submit('/profile/two-step/confirm', { code: codeAt(secret, app.clock.now()) });
  const first = recoveryCodesIn(on.html);
  expect(first).toHaveLength(10);

  expect(textOf((await browser.get('/profile/two-step')).html)).toContain('10 recovery codes left');
  const renewed = await browser.submit('/profile/two-step/recovery-codes');
  expect(recoveryCodesIn(renewed.html)).toHaveLength(10);
  expect(recoveryCodesIn(renewed.html)).not.toContain(first[0]);

  await browser.get('/profile/two-step');
  expect((await browser.submit('/profile/two-step/disable')).location).toEqual(messageAt('/profile', 'totp-off'));
  expect(textOf((await browser.get('/profile')).html)).toContain('Two-factor sign-in is off.');
});

it('lets a superuser reset it after confirmation', async () => {
  const app = await open();
  const path = `/organization/team/${app.dev.id}`;
  const browser = openConsole(app, app.root);
  expect((await browser.get(path)).html).not.toContain('reset-two-step');
  await turnOn(app, app.dev);
  expect(textOf((await browser.get(path)).html)).toContain('Authenticator app on since');
  await browser.get(`${path}?dialog=reset-two-step`);
  const done = await browser.submit(`${path}/reset-two-step`);
  expect(done.location).toContain('done=totp-reset');
  expect((await app.store.users.findById(app.dev.id))?.totpEnabledAt).toBeNull();
});
