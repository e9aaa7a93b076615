import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, type TestApp, verdict } from '../../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, sessionCookieName, textOf } from '../../../helpers/console/pages.ts';
import { type Authenticator, createAuthenticator, type Tampering } from '../../../helpers/sign-in/authenticator.ts';
import {
  addPasskey,
  enterPassword,
  finishWithPasskey,
  optionsOf,
  signInWithPasskey,
} from '../../../helpers/sign-in/passkeys.ts';

describe('a passkey', () => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  let authenticator: Authenticator;

  beforeEach(async () => {
    app = await openTestApp();
    onTestFinished(app.close);
    ({ authenticator } = await addPasskey(app, app.dev));
  });

  const isSignedIn = (browser: Browser) => browser.cookies.has(sessionCookieName(app));
  const { privateKey: otherKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  /** What another site, a stolen device, a copied key or an edited response would send. */
  const forgeries: Record<string, Tampering> = {
    'another origin': { origin: 'https://tokens.example.com.evil.example' },
    'another port': { origin: 'https://tokens.example.com:8443' },
    'plain HTTP': { origin: 'http://tokens.example.com' },
    'a parent domain as relying party': { rpId: 'example.com' },
    'a frame of another site': { crossOrigin: true },
    'no verification of the person': { userVerified: false },
    'a counter that went back': { counter: 0 },
    'another key': { key: otherKey },
    'another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
    'a response that was made to add a passkey': { type: 'webauthn.create' },
    'the user handle of nobody': { userHandle: Buffer.from('nobody').toString('base64url') },
    'no user handle': { userHandle: '' },
    'the ID of an unknown passkey': { credentialId: Buffer.alloc(16).toString('base64url') },
  };

  it.each(Object.entries(forgeries))('signs nobody in with %s', async (_name, changed) => {
    await signInWithPasskey(app, authenticator);
    const { shown, browser } = await signInWithPasskey(app, authenticator, changed);
    expect([shown.status, isSignedIn(browser)]).toEqual([401, false]);
    expect(textOf(shown.html)).toContain('This passkey was not accepted.');
    expect((await signInWithPasskey(app, authenticator)).shown.status, 'the passkey itself still works').toBe(303);
  });

  const ofSecondFactor = Object.entries(forgeries).filter(([name]) => name !== 'no user handle');

  it.each(ofSecondFactor)('does not count as a second factor with %s', async (_name, changed) => {
    await signInWithPasskey(app, authenticator);
    const { browser } = await enterPassword(app, app.dev);
    const { shown } = await finishWithPasskey(browser, authenticator, changed);
    expect([shown.status, isSignedIn(browser)]).toEqual([401, false]);
  });

  it('signs in once with each response, and only within five minutes', async () => {
    const first = await signInWithPasskey(app, authenticator);
    expect(first.shown.status).toBe(303);
    const replay = async (response: string) => {
      const visitor = openConsole(app);
      await visitor.get('/login');
      return (await visitor.submit('/login/passkey', { response })).status;
    };
    expect(await replay(first.response)).toBe(401);

    const late = openConsole(app);
    const options = await optionsOf<Parameters<Authenticator['get']>[0]>(late, '/login', '/login/passkey');
    app.clock.advance(5 * 60_000);
    expect(await replay(authenticator.get(options))).toBe(401);
  });

  it('uses up a challenge with a response that is rejected', async () => {
    const browser = openConsole(app);
    const options = await optionsOf<Parameters<Authenticator['get']>[0]>(browser, '/login', '/login/passkey');
    const send = async (changed: Tampering = {}) => {
      await browser.get('/login');
      return (await browser.submit('/login/passkey', { response: authenticator.get(options, changed) })).status;
    };
    expect([await send({ userVerified: false }), await send()]).toEqual([401, 401]);
  });

  it('signs in once when the same response arrives many times at once', async () => {
    const browsers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const browser = openConsole(app);
        return { browser, page: await browser.get('/login') };
      }),
    );
    const options = await optionsOf<Parameters<Authenticator['get']>[0]>(openConsole(app), '/login', '/login/passkey');
    const response = authenticator.get(options);
    const statuses = await Promise.all(
      browsers.map(async ({ browser }) => (await browser.submit('/login/passkey', { response })).status),
    );
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
  });

  it('of another member does not count as a second factor, even if it signs them in', async () => {
    const { authenticator: ofRoot } = await addPasskey(app, app.root);
    const { browser } = await enterPassword(app, app.dev);
    const { shown } = await finishWithPasskey(browser, ofRoot);
    expect([shown.status, isSignedIn(browser)]).toEqual([401, false]);
    // Nor with a response that names the member whose password was entered.
    const { browser: again } = await enterPassword(app, app.dev);
    const userHandle = Buffer.from(app.dev.id).toString('base64url');
    const lied = await finishWithPasskey(again, ofRoot, { userHandle });
    expect([lied.shown.status, isSignedIn(again)]).toEqual([401, false]);
    expect((await signInWithPasskey(app, ofRoot)).shown.status).toBe(303);
  });

  it('accepts no challenge that was made for another purpose, session or member', async () => {
    const { browser } = await enterPassword(app, app.dev);
    const action = '/login/code/passkey';
    type Options = Parameters<Authenticator['get']>[0];
    const ofFactor = await optionsOf<Options>(browser, '/login/code?next=%2Fprofile', action);
    const visitor = openConsole(app);
    await visitor.get('/login');
    const crossed = await visitor.submit('/login/passkey', { response: authenticator.get(ofFactor) });
    expect([crossed.status, isSignedIn(visitor)]).toEqual([401, false]);
    const ofSignIn = await optionsOf<Options>(openConsole(app), '/login', '/login/passkey');
    await browser.get('/login/code?next=%2Fprofile');
    const back = await browser.submit(`${action}?next=%2Fprofile`, { response: authenticator.get(ofSignIn) });
    expect([back.status, isSignedIn(browser)]).toEqual([401, false]);

    type Creation = Parameters<Authenticator['create']>[0];
    const [ofRoot, ofDev] = [openConsole(app, app.root), openConsole(app, app.dev)];
    const creation = await optionsOf<Creation>(ofRoot, '/profile/passkeys', '/profile/passkeys');
    await ofDev.get('/profile/passkeys');
    const response = createAuthenticator().create(creation);
    expect((await ofDev.submit('/profile/passkeys', { name: 'Stolen', response })).status).toBe(400);
    expect(await app.store.passkeys.listOf(app.dev.id)).toHaveLength(1);
  });

  it.each<[string, Tampering]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'example.com' }],
    ['a frame of another site', { crossOrigin: true }],
    ['no verification of the person', { userVerified: false }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['a response that was made to sign in', { type: 'webauthn.get' }],
    [
      // The library would request the revocation list that the certificate names.
      'a certificate',
      {
        format: {
          fmt: 'packed',
          attStmt: new Map<string, unknown>([
            ['alg', -7],
            ['x5c', [new Uint8Array(64)]],
          ]),
        },
      },
    ],
    ['an unknown kind of attestation', { format: { fmt: 'apple', attStmt: new Map() } }],
  ])('is not added with %s', async (_name, changed) => {
    const { shown } = await addPasskey(app, app.dev, { changed });
    expect(shown.status).toBe(400);
    expect(await app.store.passkeys.listOf(app.dev.id)).toHaveLength(1);
  });

  it('is not added twice, nor to two accounts', async () => {
    const { shown } = await addPasskey(app, app.root, { authenticator });
    expect([shown.status, textOf(shown.html).includes('added before')]).toEqual([400, true]);
    expect((await app.store.users.findById(app.root.id))?.passkeyCount).toBe(0);
  });

  it('signs in no member who was disabled, deleted, bound to single sign-on or may use no password', async () => {
    const attempt = async (as: TestApp = app) => {
      const { shown, browser } = await signInWithPasskey(as, authenticator);
      return [shown.status, isSignedIn(browser)];
    };
    await app.store.users.setDisabled(app.dev.id, true);
    expect(await attempt()).toEqual([401, false]);
    await app.store.users.setDisabled(app.dev.id, false);
    expect(await attempt(app.restart({ passwordSignIn: 'superusers' }))).toEqual([403, false]);
    await app.store.users.setPasswordHash(app.dev.id, '');
    await app.store.users.setIdentity(app.dev.id, { issuer: 'https://idp.example.com', subject: 'dev' });
    expect((await app.store.users.findById(app.dev.id))?.sso).toBe(true);
    expect(await attempt()).toEqual([403, false]);
    expect((await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'DELETE', as: app.root })).status).toBe(204);
    expect(await attempt()).toEqual([401, false]);
  });

  it('counts for no single sign-on', async () => {
    await signInWithPasskey(app, authenticator);
    const sessions = await app.store.sessions.listOf(app.dev.id, app.services.sessionLifetimes.bounds(), 10);
    expect(sessions.map(({ sso }) => sso)).not.toContain(true);
    expect((await app.store.users.findById(app.dev.id))?.ssoSignedInAt).toBeNull();
  });

  it('ends no suspension of tokens that waits for single sign-on, and signs in nobody who is bound to it', async () => {
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    await app.store.users.setIdentity(app.dev.id, { issuer: 'https://idp.example.com', subject: 'dev' });
    await app.store.users.recordSsoSignIn(app.dev.id, app.clock.now());
    const strict = app.restart({ ssoMaxAge: 3600 });
    app.clock.advance(3_600_001);
    expect(await verdict(strict, token)).toBe('sso-stale');
    const { shown, browser } = await signInWithPasskey(strict, authenticator);
    expect([shown.status, isSignedIn(browser)]).toEqual([403, false]);
    expect(textOf(shown.html)).toContain('single sign-on');
    expect(await verdict(strict, token)).toBe('sso-stale');
  });

  it('is neither added nor removed in a session that was not confirmed within the last hour', async () => {
    const [passkey] = await app.store.passkeys.listOf(app.dev.id);
    const ofDev = openConsole(app, app.dev);
    const { html } = await ofDev.get('/profile/passkeys');
    const form = formsOf(html).find(({ action }) => action === '/profile/passkeys');
    app.clock.advance(60 * 60_000);
    const options = await ofDev.post('/profile/passkeys/options', form?.hidden);
    expect([options.status, JSON.parse(options.html).code]).toEqual([403, 'confirmation-required']);
    for (const path of ['/profile/passkeys', `/profile/passkeys/${passkey?.id}/remove`]) {
      expect((await ofDev.post(path, { ...form?.hidden, name: 'Stolen', response: '{}' })).status).toBe(403);
    }
    const removal = { method: 'DELETE', as: app.dev };
    expect((await app.ask(`/api/v1/me/passkeys/${passkey?.id}`, removal)).status).toBe(403);
    expect(await app.store.passkeys.listOf(app.dev.id)).toEqual([passkey]);
  });

  it('is not replaced by the password alone: the page that sets up an authenticator app refuses', async () => {
    const required = app.restart({ requireTotp: true });
    const { browser } = await enterPassword(required, app.dev);
    expect((await browser.get('/login/set-up')).status).toBe(403);
    const { html } = await browser.get('/login/code');
    const [form] = formsOf(html);
    expect((await browser.post('/login/set-up', { ...form?.hidden, code: '123456' })).status).toBe(403);
    expect((await app.store.totp.find(app.dev.id))?.secret).toBeUndefined();
  });

  it('is asked for at every way in that takes a password', async () => {
    const { email, password } = app.dev;
    expect((await app.ask('/api/v1/sessions', { json: { email, password } })).status).toBe(401);
    expect((await app.ask('/api-token-auth', { json: { username: email, password } })).status).toBe(400);
  });

  it('is not offered to a stranger: the sign-in page names no passkeys', async () => {
    const options = await optionsOf<Parameters<Authenticator['get']>[0]>(openConsole(app), '/login', '/login/passkey');
    expect(options.allowCredentials ?? []).toEqual([]);
    expect(options.userVerification).toBe('required');
  });

  it('reveals no email address in its user handle', () => {
    expect(Buffer.from(authenticator.state.userHandle, 'base64url').toString()).toBe(app.dev.id);
  });

  it('limits the challenges of one network', async () => {
    const browser = openConsole(app);
    const { html } = await browser.get('/login');
    const form = formsOf(html).find(({ action }) => action === '/login/passkey');
    let status = 200;
    let asked = 0;
    for (; status === 200 && asked < 400; asked += 1) {
      ({ status } = await browser.post('/login/passkey/options', form?.hidden));
    }
    expect([status, asked]).toEqual([429, 301]);
  });

  it('limits the challenges of a session, and of an entry of the password', async () => {
    const session = openConsole(app, { ...app.dev, session: await app.signIn(app.dev.id) });
    const { browser } = await enterPassword(app, app.dev);
    for (const [asking, page, action] of [
      [session, '/profile/passkeys', '/profile/passkeys'],
      [browser, '/login/code?next=%2Fprofile', '/login/code/passkey'],
    ] as const) {
      const form = formsOf((await asking.get(page)).html).find((one) => one.action.startsWith(action));
      let asked = 0;
      for (let status = 200; status === 200 && asked < 100; asked += 1) {
        ({ status } = await asking.post(`${action}/options`, form?.hidden));
      }
      expect([action, asked]).toEqual([action, 61]);
    }
  });

  it('audits a sign-in that fails with a known passkey', async () => {
    await signInWithPasskey(app, authenticator, { userVerified: false });
    const failed = { limit: 5, before: null, participant: app.dev.id, action: 'session.failed' } as const;
    expect(await app.store.audit.list(failed)).toMatchObject([{ actor: { email: app.dev.email } }]);
  });
});
