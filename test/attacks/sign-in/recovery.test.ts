import { describe, expect, it, onTestFinished } from 'vitest';
import { type Config, readConfig } from '../../../server/config/config.ts';
import { networkOf } from '../../../server/domain/sign-in/rate-limit/client-network.ts';
import { accountPrefix } from '../../../server/domain/sign-in/rate-limit/failure-keys.ts';
import { openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { openTestStore } from '../../helpers/app/store.ts';
import { messageAt, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { type Authenticator, createAuthenticator } from '../../helpers/sign-in/authenticator.ts';
import { addPasskey, optionsOf, signInWithPasskey } from '../../helpers/sign-in/passkeys.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';
import { cellsOf } from '../secrets/sqlite-rows.ts';
import { nextPassword, openSsoWorld } from './console-world.ts';

const { oidc } = readConfig({ HOME: '/', TOKENSD_OIDC_ISSUER: 'http://127.0.0.1:9', TOKENSD_OIDC_CLIENT_ID: 'x' });
const minute = 60_000;

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

/** Opens an app, and the limiter that holds how long accounts and networks have to wait. */
async function openWithWaits() {
  const { store, ...opened } = await openTestStore();
  const waits = store.limiter({ name: 'waits', limit: 1, windowSeconds: 900 });
  const limiter: typeof store.limiter = (options) => (options.name === 'waits' ? waits : store.limiter(options));
  const app = await openTestApp({}, Promise.resolve({ ...opened, store: { ...store, limiter } }));
  onTestFinished(app.close);
  return { ...app, waits };
}

/** Makes a recovery link, as `tokensd recover` does, and returns its secret. */
async function linkFor(app: TestApp, email: string): Promise<string> {
  return (await app.services.recovery.begin(email)).secret.reveal();
}

/** Begins to add a passkey to the account of the superuser. Returns the function that sends what the browser made. */
async function challengeOfNewPasskey(app: TestApp) {
  const browser = openConsole(app, { ...app.root, session: await app.signIn(app.root.id) });
  const path = '/profile/passkeys';
  const options = await optionsOf<Parameters<Authenticator['create']>[0]>(browser, path, path);
  const response = createAuthenticator().create(options);
  await browser.get(path);
  return () => browser.submit(path, { name: 'Late', response });
}

/** Opens a link in a new browser and sets a password. */
async function follow(app: TestApp, token: string, chosen = nextPassword) {
  const browser = openConsole(app);
  const page = await browser.get(`/recover?token=${token}`);
  if (page.status !== 200) return { status: page.status, browser, session: undefined };
  const { status, location } = await browser.submit('/recover', { password: chosen, again: chosen });
  return { status, location, browser, session: browser.cookies.get(sessionCookieName(app)) };
}

const signIn = async (app: TestApp, email: string, tried: string, ip = '203.0.113.9') =>
  (await app.ask('/api/v1/sessions', { json: { email, password: tried }, ip })).status;
const userOf = (app: TestApp, email: string) => app.store.users.findByEmail(email);

describe('a recovery link', () => {
  it('works once', async () => {
    const app = await open();
    const link = await linkFor(app, app.root.email);
    const first = await follow(app, link);
    expect([first.status, first.location]).toEqual([303, messageAt('/profile', 'recovered')]);
    expect((await follow(app, link)).status).toBe(410);
    const replay = openConsole(app);
    await replay.get('/login');
    const form_token = /name="form_token" value="([^"]*)"/.exec((await replay.get('/login')).html)?.[1] ?? '';
    const shown = await replay.post('/recover', { form_token, token: link, password, again: password });
    expect(shown.status).toBe(410);
    expect(await signIn(app, app.root.email, password)).toBe(401);
    expect(await signIn(app, app.root.email, nextPassword)).toBe(201);
  });

  it('ends after thirty minutes, and when another one is made for anybody', async () => {
    const app = await open();
    const late = await linkFor(app, app.root.email);
    app.clock.advance(30 * minute - 1);
    expect((await openConsole(app).get(`/recover?token=${late}`)).status).toBe(200);
    app.clock.advance(1);
    expect((await follow(app, late)).status).toBe(410);
    const replaced = await linkFor(app, app.root.email);
    const newest = await linkFor(app, app.dev.email);
    expect((await follow(app, replaced)).status).toBe(410);
    expect((await follow(app, newest)).status).toBe(303);
  });

  it('deletes every passkey of the account, whose thief cannot sign in with one any more', async () => {
    const app = await open();
    const { authenticator } = await addPasskey(app, app.root, { name: 'Planted' });
    await addPasskey(app, app.root);
    const pending = await challengeOfNewPasskey(app);
    expect((await follow(app, await linkFor(app, app.root.email))).status).toBe(303);
    expect(await app.store.passkeys.listOf(app.root.id)).toEqual([]);
    expect(await app.store.totp.countRecoveryCodes(app.root.id)).toBe(0);
    expect((await signInWithPasskey(app, authenticator)).shown.status).toBe(401);
    expect((await pending()).status, 'nor with one that was being added').toBe(303);
    expect(await app.store.passkeys.listOf(app.root.id)).toEqual([]);
    const removed = { limit: 10, before: null, participant: app.root.id, action: 'passkey.removed' } as const;
    expect(await app.store.audit.list(removed)).toHaveLength(2);
  });

  it('is not ended by what other members do to the account', async () => {
    const app = await open();
    const second = await app.addMember({ email: 'second@example.com', superuser: true });
    const link = await linkFor(app, app.root.email);
    const patch = (json: object) => app.ask(`/api/v1/users/${app.root.id}`, { method: 'PATCH', as: second, json });
    for (const json of [{ superuser: false }, { disabled: true }]) expect((await patch(json)).status).toBe(200);
    expect((await follow(app, link)).status).toBe(303);
    expect(await userOf(app, app.root.email)).toMatchObject({ superuser: true, disabled: false });
  });

  it('is stored as a hash only, and stands in no mail, audit event or log line', async () => {
    const app = await open();
    const link = await linkFor(app, app.root.email);
    const find = async () => (await cellsOf(app.path)).filter(({ value }) => value.includes(link));
    expect(await find()).toEqual([]);
    await follow(app, link);
    expect(await find()).toEqual([]);
    expect(app.logLines.join('')).not.toContain(link);
    for (const { text, html } of await app.mails()) expect(text + html).not.toMatch(/recover_[\w-]{43}|\/recover\?/);
  });

  it('is not used up by a password that is too weak or typed differently', async () => {
    const app = await open();
    const link = await linkFor(app, app.root.email);
    const browser = openConsole(app);
    await browser.get(`/recover?token=${link}`);
    expect((await browser.submit('/recover', { password: 'short', again: 'short' })).status).toBe(400);
    const { status, html } = await browser.submit('/recover', { password: nextPassword, again: 'another' });
    expect([status, textOf(html).includes('do not match')]).toEqual([400, true]);
    expect((await browser.submit('/recover', { password: nextPassword, again: nextPassword })).status).toBe(303);
  });

  it('reveals nothing about an account to somebody who guesses', async () => {
    const app = await open();
    const pages = new Set<string>();
    for (const token of ['', 'x', `recover_${'A'.repeat(43)}`]) {
      const { status, html } = await openConsole(app).get(`/recover?token=${token}`);
      pages.add(`${status} ${textOf(html)}`);
    }
    expect([...pages]).toEqual([expect.stringMatching(/^410 /)]);
  });
});

describe('the member of a recovery link', () => {
  it('becomes an enabled superuser without a second factor, and their earlier sessions end', async () => {
    const app = await open();
    await turnOn(app, app.dev);
    await app.store.users.setDisabled(app.dev.id, true);
    await app.store.users.setDates(app.dev.id, { disabledAt: 1 });
    const { session } = await follow(app, await linkFor(app, app.dev.email.toUpperCase()));
    expect(await userOf(app, app.dev.email)).toMatchObject({ superuser: true, disabled: false, totpEnabledAt: null });
    expect((await userOf(app, app.dev.email))?.disabledAt).toBeNull();
    expect(await app.services.sessions.authenticate(app.dev.session)).toBeNull();
    expect((await app.services.sessions.authenticate(session ?? ''))?.user.id).toBe(app.dev.id);
    expect(await signIn(app, app.dev.email, nextPassword)).toBe(201);
  });

  it('is created if nobody has the address', async () => {
    const app = await open();
    const { session } = await follow(app, await linkFor(app, 'new@example.com'));
    const found = await app.services.sessions.authenticate(session ?? '');
    expect(found?.user).toMatchObject({ email: 'new@example.com', superuser: true, canManageTokens: false });
    expect(found?.user.joinedAt).toBe(app.clock.now());
  });

  it.each(['superusers', 'false'] as const)(
    'signs in with the password if TOKENSD_PASSWORD_SIGN_IN is %s, even after they lose the role',
    async (passwordSignIn) => {
      const app = await open({ passwordSignIn, oidc });
      const { browser } = await follow(app, await linkFor(app, app.dev.email));
      await app.store.users.setSuperuser(app.dev.id, false);
      expect((await browser.get('/profile')).status).toBe(200);
      expect(await signIn(app, app.dev.email, nextPassword)).toBe(201);
      const again = openConsole(app);
      await again.get('/login?with=password');
      const entered = await again.submit('/login', { email: app.dev.email, password: nextPassword });
      expect(entered.status).toBe(303);
    },
  );

  it('stays signed in where a second factor is required, and sets one up at the next sign-in', async () => {
    const app = await open({ requireTotp: true });
    const { browser } = await follow(app, await linkFor(app, app.root.email));
    expect((await browser.get('/profile')).status).toBe(200);
    const again = openConsole(app);
    await again.get('/login');
    const entered = await again.submit('/login', { email: app.root.email, password: nextPassword });
    expect(entered.location).toMatch(/^\/login\/set-up/);
  });

  it('is not locked out by failed sign-ins from before, of the account or of their network', async () => {
    const { waits, ...app } = await openWithWaits();
    const ip = '203.0.113.9';
    expect(await signIn(app, app.root.email, 'a wrong password', '2001:db8:1::1')).toBe(401);
    await waits.block(`${accountPrefix(app.root.email)}newcomers`, 900);
    await waits.block(`network ${networkOf(ip)}`, 900);
    expect(await signIn(app, app.root.email, password, '2001:db8:2::1'), 'strangers have to wait').toBe(429);
    expect(await signIn(app, 'another@example.com', password, ip), 'the network has to wait').toBe(429);
    expect((await follow(app, await linkFor(app, app.root.email))).status).toBe(303);
    expect(await signIn(app, app.root.email, nextPassword, ip)).toBe(201);
  });
});

describe('the password of a recovery link', () => {
  it('works until the next single sign-on of the member, which also ends its sessions', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    const sso = async () => {
      const browser = openConsole(app);
      const { location } = await browser.get('/login/sso');
      expect((await browser.get(app.provider.callbackFor(location ?? ''))).status).toBe(303);
      return browser;
    };
    await sso();
    const recovered = await follow(app, await linkFor(app, 'ada@example.com'));
    expect(await signIn(app, 'ada@example.com', nextPassword)).toBe(201);
    const bySso = await sso();
    expect(await signIn(app, 'ada@example.com', nextPassword)).toBe(401);
    expect(await app.services.sessions.authenticate(recovered.session ?? '')).toBeNull();
    expect((await bySso.get('/profile')).status).toBe(200);
    expect(await userOf(app, 'ada@example.com')).toMatchObject({ passwordHash: null, passwordUntilSso: false });
  });
});

it('a recovery link is audited and mailed to all enabled superusers when it is made and when it is used', async () => {
  const app = await open();
  await app.addMember({ email: 'second@example.com', superuser: true });
  const gone = await app.addMember({ email: 'gone@example.com', superuser: true });
  await app.store.users.setDisabled(gone.id, true);
  const sent = async () => (await app.mails()).map(({ to, subject }) => `${to}: ${subject}`);
  const actions = async () =>
    (await app.store.audit.list({ limit: 50, before: null })).map(({ action, actor }) => `${actor.kind} ${action}`);

  const link = await linkFor(app, app.dev.email);
  const created = ['root@example.com', 'second@example.com'].map(
    (to) => `${to}: A recovery link was created on the server`,
  );
  expect(await sent()).toEqual(created);
  expect(await actions()).toEqual(['system recovery.link_created']);

  await follow(app, link);
  const used = ['root@example.com', 'dev@example.com', 'second@example.com'].map(
    (to) => `${to}: A recovery link was used`,
  );
  expect(await sent()).toEqual([...created, ...used]);
  expect(await actions()).toEqual([
    'user session.created',
    'user user.recovered',
    'user user.promoted',
    'system recovery.link_created',
  ]);
});
