import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import type { Passkey } from '../../../shared/schemas/sign-in/passkeys.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type Browser, messageAt, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { type Authenticator, createAuthenticator } from '../../helpers/sign-in/authenticator.ts';
import {
  addPasskey,
  enterPassword,
  finishWithPasskey,
  optionsOf,
  signInWithPasskey,
} from '../../helpers/sign-in/passkeys.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

const isSignedIn = (app: TestApp, browser: Browser) => browser.cookies.has(sessionCookieName(app));
const recoveryCodesIn = (html: string) => html.match(/([A-Z]{4}-){3}[A-Z]{4}/g) ?? [];
const newestEvent = async (
  app: TestApp,
  userId: string,
  action: 'session.created' | 'passkey.added' | 'passkey.removed',
) => (await app.store.audit.list({ limit: 1, before: null, participant: userId, action }))[0];

it('adds a passkey with a name, shows recovery codes with the first one, and mails the member', async () => {
  const app = await open();
  const elsewhere = await app.signIn(app.dev.id);
  const { shown } = await addPasskey(app, app.dev, { name: 'Work laptop' });
  expect(shown.status).toBe(200);
  expect(recoveryCodesIn(shown.html)).toHaveLength(10);
  const gone = await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${elsewhere}` } });
  expect(gone.status, 'the first second factor ends other sessions').toBe(401);
  const second = await addPasskey(app, app.dev, { name: 'Security key' });
  expect(second.shown.location).toEqual(messageAt('/profile/passkeys', 'passkey-added'));
  const { html } = await openConsole(app, app.dev).get('/profile/passkeys');
  expect(textOf(html)).toMatch(/Work laptop.*never.*Security key.*never/);
  const mails = (await app.mails()).filter(({ subject }) => subject.includes('passkey'));
  expect(mails.map(({ to }) => to)).toEqual([app.dev.email, app.dev.email]);
  expect(mails[0]?.text).toContain('Work laptop');
  expect(await newestEvent(app, app.dev.id, 'passkey.added')).toMatchObject({ target: { name: app.dev.email } });
});

it('signs in with a passkey alone, which counts as both factors', async () => {
  const without = await open();
  const { authenticator } = await addPasskey(without, without.dev);
  const app = without.restart({ requireTotp: true });
  const { browser, shown } = await signInWithPasskey(app, authenticator);
  expect([shown.status, shown.location]).toEqual([303, '/profile']);
  expect((await browser.get('/profile')).html).toContain(app.dev.email);
  expect(await newestEvent(app, app.dev.id, 'session.created')).toMatchObject({
    changes: [{ field: 'way', from: null, to: 'passkey' }],
  });
  const [passkey] = await app.store.passkeys.listOf(app.dev.id);
  expect(passkey).toMatchObject({ counter: 1, lastUsedAt: app.clock.now() });
});

it('accepts a passkey as second factor after the password', async () => {
  const app = await open();
  const { authenticator } = await addPasskey(app, app.dev);
  const { browser, shown } = await enterPassword(app, app.dev);
  expect(shown.location).toBe('/login/code?next=%2Fprofile');
  expect(isSignedIn(app, browser)).toBe(false);
  const { shown: done } = await finishWithPasskey(browser, authenticator);
  expect([done.status, done.location, isSignedIn(app, browser)]).toEqual([303, '/profile', true]);
  expect(await newestEvent(app, app.dev.id, 'session.created')).toMatchObject({
    changes: [{ to: 'password and passkey' }],
  });
});

it('accepts a recovery code of a member whose only second factor is a passkey', async () => {
  const app = await open();
  const { shown } = await addPasskey(app, app.dev);
  const [code = ''] = recoveryCodesIn(shown.html);
  const { browser } = await enterPassword(app, app.dev);
  const action = '/login/code?next=%2Fprofile';
  expect(textOf((await browser.get(action)).html)).toContain('enter one of your recovery codes');
  expect((await browser.submit(action, { code: '000000' })).status).toBe(401);
  expect((await browser.submit(action, { code })).location).toBe('/profile');
  const json = { email: app.dev.email, password: app.dev.password };
  const without = await app.ask('/api/v1/sessions', { json });
  expect([without.status, (await jsonOf(without)).code]).toEqual([401, 'totp-required']);
  const [, other = ''] = recoveryCodesIn(shown.html);
  expect((await app.ask('/api/v1/sessions', { json: { ...json, code: other } })).status).toBe(201);
});

it('adds no passkey beyond 20, although two pages began when there were 19', async () => {
  const app = await open();
  for (let i = 0; i < 19; i += 1) await app.store.passkeys.insert(passkeyRecord(app.dev.id));
  const path = '/profile/passkeys';
  const pages = [openConsole(app, app.dev), openConsole(app, app.dev)];
  const responses: string[] = [];
  for (const page of pages) {
    const options = await optionsOf<Parameters<Authenticator['create']>[0]>(page, path, path);
    responses.push(createAuthenticator().create(options));
  }
  const statuses: number[] = [];
  for (const [index, page] of pages.entries()) {
    await page.get(path);
    statuses.push((await page.submit(path, { name: 'Laptop', response: responses[index] ?? '' })).status);
  }
  expect(statuses).toEqual([303, 400]);
  expect(await app.store.passkeys.listOf(app.dev.id)).toHaveLength(20);
});

it('works with authenticators that count and with those that do not', async () => {
  const app = await open();
  const { authenticator } = await addPasskey(app, app.dev, { authenticator: createAuthenticator({ counts: false }) });
  for (const _ of [1, 2]) expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(303);
});

it('removes a passkey after confirmation, mails the member and rejects it from then on', async () => {
  const app = await open();
  const { authenticator } = await addPasskey(app, app.dev);
  const [passkey] = await app.store.passkeys.listOf(app.dev.id);
  const browser = openConsole(app, app.dev);
  const dialog = await browser.get(`/profile/passkeys?dialog=remove&id=${passkey?.id}`);
  expect(textOf(dialog.html)).toContain('It is your last second factor.');
  const removed = await browser.submit(`/profile/passkeys/${passkey?.id}/remove`);
  expect(removed.location).toEqual(messageAt('/profile/passkeys', 'passkey-removed'));
  expect((await app.mails()).at(-1)?.subject).toBe('A passkey was removed');
  const { shown, browser: visitor } = await signInWithPasskey(app, authenticator);
  expect([shown.status, isSignedIn(app, visitor)]).toEqual([401, false]);
  expect(await app.store.totp.countRecoveryCodes(app.dev.id)).toBe(0);
});

it('keeps the last second factor if the organization requires one', async () => {
  const before = await open();
  await turnOn(before, before.dev);
  await addPasskey(before, before.dev);
  const app = before.restart({ requireTotp: true });
  const [passkey] = await app.store.passkeys.listOf(app.dev.id);
  const { password } = app.dev;
  const off = await app.ask('/api/v1/me/totp/disable', { as: app.dev, json: { password } });
  expect(off.status, 'the passkey is left').toBe(204);
  const browser = openConsole(app, app.dev);
  await browser.get(`/profile/passkeys?dialog=remove&id=${passkey?.id}`);
  const refused = await browser.submit(`/profile/passkeys/${passkey?.id}/remove`);
  expect(refused.status).toBe(403);
  expect(textOf(refused.html)).toContain('this is your last second factor');
  expect(await app.store.passkeys.listOf(app.dev.id)).toHaveLength(1);
  expect(await app.store.totp.countRecoveryCodes(app.dev.id)).toBe(10);
});

it('says what passkeys need, without script and at an address with an IP address', async () => {
  const app = await open();
  const browser = openConsole(app, app.dev);
  await browser.get('/profile/passkeys');
  expect(textOf((await browser.submit('/profile/passkeys', { name: 'Laptop' })).html)).toContain(
    'passkeys need JavaScript',
  );
  const visitor = openConsole(app);
  await visitor.get('/login');
  const posted = await visitor.submit('/login/passkey');
  expect([posted.status, textOf(posted.html).includes('passkeys need JavaScript')]).toEqual([400, true]);

  for (const publicUrl of ['http://127.0.0.1:8080', 'https://[2001:db8::1]', 'http://tokens.example.com']) {
    const elsewhere = app.restart({ publicUrl });
    const { html } = await openConsole(elsewhere, app.dev).get('/profile/passkeys');
    expect(textOf(html)).toContain(`Browsers allow no passkeys at ${publicUrl}.`);
    expect((await openConsole(elsewhere).get('/login')).html).not.toContain('Sign in with a passkey');
  }
  const local = app.restart({ publicUrl: 'http://localhost:8080' });
  expect((await openConsole(local).get('/login')).html).toContain('Sign in with a passkey');
});

it('shows passkeys of another host, which no longer sign in', async () => {
  const app = await open();
  await addPasskey(app, app.dev);
  const moved = app.restart({ publicUrl: 'https://api-tokens.example.org' });
  const { html } = await openConsole(moved, app.dev).get('/profile/passkeys');
  expect(textOf(html)).toContain('Works only at tokens.example.com');
});

it('lists and removes passkeys through the API, for members and for superusers who read', async () => {
  const app = await open();
  await addPasskey(app, app.dev, { name: 'Laptop' });
  const own = await jsonOf<{ items: Passkey[] }>(app.ask('/api/v1/me/passkeys', { as: app.dev }));
  expect(own.items).toMatchObject([
    { name: 'Laptop', host: 'tokens.example.com', backed_up: false, last_used_at: null },
  ]);
  const [passkey] = own.items;
  const read = await app.ask(`/api/v1/users/${app.dev.id}/passkeys`, { as: app.root });
  expect(await jsonOf(read)).toEqual(own);
  expect((await app.ask(`/api/v1/users/${app.root.id}/passkeys`, { as: app.dev })).status).toBe(403);
  const status = await jsonOf(app.ask('/api/v1/me/totp', { as: app.dev }));
  expect(status).toEqual({ enabled: false, required: false, passkeys: 1, recovery_codes_left: 10 });
  expect((await app.ask(`/api/v1/me/passkeys/${passkey?.id}`, { method: 'DELETE', as: app.root })).status).toBe(404);
  expect((await app.ask(`/api/v1/me/passkeys/${passkey?.id}`, { method: 'DELETE', as: app.dev })).status).toBe(204);
  expect(await app.store.passkeys.listOf(app.dev.id)).toEqual([]);
});

it('removes all of them when a superuser resets the second factor', async () => {
  const app = await open();
  await addPasskey(app, app.dev);
  const { authenticator } = await addPasskey(app, app.dev);
  expect((await app.ask(`/api/v1/users/${app.dev.id}/totp`, { method: 'DELETE', as: app.root })).status).toBe(204);
  expect(await app.store.passkeys.listOf(app.dev.id)).toEqual([]);
  expect(await app.store.totp.countRecoveryCodes(app.dev.id)).toBe(0);
  expect((await app.ask('/api/v1/me', { as: app.dev })).status, 'sessions ended').toBe(401);
  expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(401);
  expect((await app.mails()).at(-1)?.text).toMatch(/passkeys\s+included/);
  const removed = { limit: 10, before: null, participant: app.dev.id, action: 'passkey.removed' } as const;
  expect(await app.store.audit.list(removed)).toHaveLength(2);
});

it('leaves them at a reset of the password, whose mail names them', async () => {
  const app = await open();
  const { authenticator } = await addPasskey(app, app.dev, { name: 'Old phone' });
  const visitor = openConsole(app);
  await visitor.get('/password/forgot');
  await visitor.submit('/password/forgot', { email: app.dev.email });
  const link = /https:\S+\/password\/reset\?token=\S+/.exec((await app.mails()).at(-1)?.text ?? '')?.[0] ?? '';
  const path = link.slice(app.config.publicUrl.length);
  await visitor.get(path);
  const next = 'another staple battery horse';
  expect((await visitor.submit('/password/reset', { password: next, again: next })).status).toBe(303);
  const mail = (await app.mails()).at(-1);
  expect(mail?.subject).toBe('Your password was set with a mailed link');
  expect(mail?.text).toMatch(/Passkeys that still work:?\s+Old phone/);
  expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(303);
});

it('turns on an authenticator app beside a passkey', async () => {
  const app = await open();
  await addPasskey(app, app.dev);
  const { secret } = await turnOn(app, app.dev);
  app.clock.advance(30_000);
  const { browser } = await enterPassword(app, app.dev);
  const action = '/login/code?next=%2Fprofile';
  expect(textOf((await browser.get(action)).html)).toMatch(/passkey.*code from your authenticator app/);
  const done = await browser.submit(action, {
    code: codeAt(secret, app.clock.now()),
  });
  expect(done.status).toBe(303);
});

it('allows passkeys for its own pages only', async () => {
  const app = await open();
  const { headers } = await openConsole(app).get('/login');
  expect(headers.get('permissions-policy')).toBe(
    'publickey-credentials-get=(self), publickey-credentials-create=(self)',
  );
});
