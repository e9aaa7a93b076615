import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { type Authenticator, createAuthenticator, type Tampering } from '../../helpers/sign-in/authenticator.ts';
import { addPasskey, enterPassword, optionsOf, signInWithPasskey } from '../../helpers/sign-in/passkeys.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp({ requireTotp: true, ...settings });
  onTestFinished(app.close);
  return app;
}

const isSignedIn = (app: TestApp, browser: Browser) => browser.cookies.has(sessionCookieName(app));
const setUp = '/login/set-up?next=%2Fprofile';
const action = '/login/set-up/passkey';
type Creation = Parameters<Authenticator['create']>[0];

const challenge = (browser: Browser) => optionsOf<Creation>(browser, setUp, action);

async function send(browser: Browser, response: string, name = 'Laptop') {
  await browser.get(setUp);
  return browser.submit(`${action}?next=%2Fprofile`, { name, response });
}

async function enrol(browser: Browser, { authenticator = createAuthenticator(), changed = {} as Tampering } = {}) {
  return { authenticator, shown: await send(browser, authenticator.create(await challenge(browser), changed)) };
}

const passkeysOf = (app: TestApp) => app.store.passkeys.listOf(app.dev.id);

it('adds a passkey in place of an authenticator app at the first sign-in, with recovery codes, a mail and an event', async () => {
  const app = await open();
  const { browser, shown: asked } = await enterPassword(app, app.dev);
  expect(asked.location).toBe(setUp);
  expect(textOf((await browser.get(setUp)).html)).toContain('Or use a passkey');
  const { authenticator, shown } = await enrol(browser);
  expect([shown.status, isSignedIn(app, browser)]).toEqual([200, true]);
  const codes = shown.html.match(/([A-Z]{4}-){3}[A-Z]{4}/g) ?? [];
  expect(codes).toHaveLength(10);
  expect(shown.html).toContain('href="/profile"');
  expect(await passkeysOf(app)).toMatchObject([{ name: 'Laptop', rpId: 'tokens.example.com' }]);
  expect((await app.mails()).at(-1)).toMatchObject({ to: app.dev.email, subject: 'A passkey was added' });
  const events = await app.store.audit.list({ limit: 2, before: null, participant: app.dev.id });
  expect(events).toMatchObject([
    { action: 'session.created', changes: [{ field: 'way', from: null, to: 'password and passkey' }] },
    { action: 'passkey.added', target: { name: app.dev.email } },
  ]);

  expect((await browser.get('/profile')).status, 'the session counts as one with both factors').toBe(200);
  expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(303);
  const again = await enterPassword(app, app.dev);
  expect(again.shown.location).toBe('/login/code?next=%2Fprofile');
  await again.browser.get('/login/code?next=%2Fprofile');
  expect((await again.browser.submit('/login/code?next=%2Fprofile', { code: codes[0] ?? '' })).status).toBe(303);
});

it.each<[string, Tampering]>([
  ['another origin', { origin: 'https://evil.example' }],
  ['no verification of the person', { userVerified: false }],
  ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
  ['a response that was made to sign in', { type: 'webauthn.get' }],
])('adds nothing and signs nobody in with %s', async (_, changed) => {
  const app = await open();
  const { browser } = await enterPassword(app, app.dev);
  const { shown } = await enrol(browser, { changed });
  expect([shown.status, isSignedIn(app, browser)]).toEqual([400, false]);
  expect(textOf(shown.html)).toContain('The passkey was not added');
  expect(await passkeysOf(app)).toEqual([]);
  expect((await enrol(browser)).shown.status, 'the member can try again').toBe(200);
});

it('accepts a challenge once, for the password entry that it was made for, and for nothing else', async () => {
  const app = await open();
  const [first, second] = [await enterPassword(app, app.dev), await enterPassword(app, app.dev)];
  const ofFirst = createAuthenticator().create(await challenge(first.browser));
  expect((await send(second.browser, ofFirst)).status, 'another entry of the password').toBe(400);
  expect((await send(first.browser, ofFirst)).status, 'used up').toBe(400);

  const root = await enterPassword(app, app.root);
  const ofRoot = createAuthenticator().create(await challenge(root.browser));
  expect((await send(first.browser, ofRoot)).status, 'another member').toBe(400);
  expect(await passkeysOf(app)).toEqual([]);
});

it('starts one session of several that set up a passkey at once', async () => {
  const app = await open();
  const browsers = await Promise.all([1, 2, 3].map(async () => (await enterPassword(app, app.dev)).browser));
  const ready = await Promise.all(
    browsers.map(async (browser) => ({ browser, response: createAuthenticator().create(await challenge(browser)) })),
  );
  for (const { browser } of ready) await browser.get(setUp);
  const statuses = await Promise.all(
    ready.map(
      async ({ browser, response }) =>
        (await browser.submit(`${action}?next=%2Fprofile`, { name: 'x', response })).status,
    ),
  );
  expect(statuses.sort()).toEqual([200, 403, 403]);
  expect(await passkeysOf(app)).toHaveLength(1);
});

it('is closed to the password alone once the member has a second factor', async () => {
  const app = await open();
  const [first, late] = [await enterPassword(app, app.dev), await enterPassword(app, app.dev)];
  const response = createAuthenticator().create(await challenge(late.browser));
  const form = formsOf((await late.browser.get(setUp)).html).find((one) => one.action.startsWith(action));
  expect((await enrol(first.browser)).shown.status).toBe(200);
  const sent = await late.browser.post(`${action}?next=%2Fprofile`, { ...form?.hidden, name: 'Stolen', response });
  expect([sent.status, isSignedIn(app, late.browser)]).toEqual([403, false]);
  const { browser } = await enterPassword(app, app.dev);
  const { html } = await browser.get('/login/code');
  const { form_token = '' } = formsOf(html)[0]?.hidden ?? {};
  expect((await browser.post(`${action}/options`, { form_token })).status).toBe(403);
  expect(await passkeysOf(app)).toHaveLength(1);
});

it('rejects a name that is missing or too long, and keeps what was typed', async () => {
  const app = await open();
  const { browser } = await enterPassword(app, app.dev);
  const response = createAuthenticator().create(await challenge(browser));
  const shown = await send(browser, response, 'x'.repeat(65));
  expect([shown.status, isSignedIn(app, browser)]).toEqual([400, false]);
  expect(shown.html).toContain(`value="${'x'.repeat(65)}"`);
  expect(shown.html).toContain('aria-invalid="true"');
  expect((await send(browser, '', 'Laptop')).html).toContain('passkeys need JavaScript');
});

it('is offered only where a passkey works for the member', async () => {
  const app = await open({ publicUrl: 'https://192.0.2.1' });
  const { browser } = await enterPassword(app, app.dev);
  expect((await browser.get(setUp)).html).not.toContain('data-passkey');
  const named = app.restart({ publicUrl: 'https://tokens.example.com' });
  await app.store.users.setIdentity(app.dev.id, { issuer: 'https://idp.example.com', subject: 'dev' });
  expect((await app.store.users.findById(app.dev.id))?.sso).toBe(true);
  const bound = await enterPassword(named, app.dev);
  const { html } = await bound.browser.get(setUp);
  expect(html).toContain('<svg');
  expect(html).not.toContain('data-passkey');
  const { form_token = '' } = formsOf(html)[0]?.hidden ?? {};
  expect((await bound.browser.post(`${action}/options`, { form_token })).status).toBe(403);
});

it('limits the challenges of one password entry', async () => {
  const app = await open();
  const { browser } = await enterPassword(app, app.dev);
  const form = formsOf((await browser.get(setUp)).html).find((one) => one.action.startsWith(action));
  let asked = 0;
  for (let status = 200; status === 200 && asked < 100; asked += 1) {
    ({ status } = await browser.post(`${action}/options`, form?.hidden));
  }
  expect(asked).toBe(61);
});

it('keeps one second factor when the app and the passkey are removed at the same time', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  await turnOn(app, app.dev);
  await addPasskey(app, app.dev);
  const required = app.restart({ requireTotp: true });
  const [passkey] = await passkeysOf(app);
  const json = { password: app.dev.password };
  const statuses = await Promise.all([
    required.ask('/api/v1/me/totp/disable', { as: app.dev, json }),
    required.ask(`/api/v1/me/passkeys/${passkey?.id}`, { as: app.dev, method: 'DELETE' }),
  ]);
  expect(statuses.map(({ status }) => status).sort()).toEqual([204, 403]);
  const refused = statuses.find(({ status }) => status === 403);
  expect(await jsonOf(refused as Response)).toMatchObject({ code: 'totp-setup-required' });
  const after = await app.store.users.findById(app.dev.id);
  expect([after?.totpEnabledAt === null, after?.passkeyCount === 0].filter(Boolean)).toHaveLength(1);
});

it('refuses to remove the last second factor at the API and in the console, whichever it is', async () => {
  const before = await openTestApp();
  onTestFinished(before.close);
  await addPasskey(before, before.dev);
  const { recoveryCodes } = await turnOn(before, before.root);
  expect(recoveryCodes).toHaveLength(10);
  const app = before.restart({ requireTotp: true });
  const [passkey] = await passkeysOf(app);
  const removal = await app.ask(`/api/v1/me/passkeys/${passkey?.id}`, { as: app.dev, method: 'DELETE' });
  expect([removal.status, (await jsonOf(removal)).code]).toEqual([403, 'totp-setup-required']);
  const off = await app.ask('/api/v1/me/totp/disable', { as: app.root, json: { password: app.root.password } });
  expect([off.status, (await jsonOf(off)).code]).toEqual([403, 'totp-setup-required']);
  const browser = openConsole(app, app.root);
  const { html } = await browser.get('/profile/two-step');
  expect(textOf(html)).toContain('so you cannot turn it off');
  const [form] = formsOf(html);
  expect((await browser.post('/profile/two-step/disable', form?.hidden)).status).toBe(403);
  expect(await app.store.totp.countRecoveryCodes(app.root.id)).toBe(10);
  expect(await passkeysOf(app)).toHaveLength(1);
});
