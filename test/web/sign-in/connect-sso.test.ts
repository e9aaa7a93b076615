import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config, OidcConfig } from '../../../server/config/config.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { actionsOf, connectSso, openSsoApp, proposeIdentity, signInBySso } from '../../helpers/console/sso.ts';
import {
  type PersonAtProvider,
  startIdentityProvider,
  type TestProvider,
} from '../../helpers/peers/identity-provider.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';

const publicUrl = 'https://tokens.example.com';
let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider(publicUrl);
});
afterAll(() => provider.stop());

const open = (changes?: Partial<OidcConfig>, settings?: Partial<Config>) => openSsoApp(provider, changes, settings);
const path = '/profile/single-sign-on';

/** Replaces Ada's claims. By default she has the address of `dev`. */
function claim(claims: Omit<PersonAtProvider, 'password'> = { email: 'dev@example.com', email_verified: true }) {
  provider.people.ada = { password: 'pw-ada', name: 'Ada Lovelace', ...claims };
}

const member = async (app: TestApp, id: string) => (await app.store.users.findById(id)) ?? expect.fail();
const sessionsOf = async (app: TestApp, secrets: string[]) =>
  Promise.all(secrets.map(async (secret) => (await app.services.sessions.authenticate(secret)) !== null));
const profileOf = async (app: TestApp, as = app.dev) => textOf((await openConsole(app, as).get('/profile')).html);

describe('connecting single sign-on', () => {
  it('shows the identity, asks for the password, and lets the member sign in both ways from then on', async () => {
    const app = await open();
    claim();
    expect(await profileOf(app)).toContain('Your account is not connected. Connect single sign-on');
    const browser = openConsole(app, app.dev);
    const { html } = await browser.get('/profile');
    expect(html).toContain(`href="${publicUrl}${path}"`);
    const { shown } = await proposeIdentity(provider, browser);
    expect(shown.status).toBe(200);
    const text = textOf(shown.html);
    for (const part of ['Ada Lovelace', 'dev@example.com', provider.issuer, 'Your password keeps working']) {
      expect(text).toContain(part);
    }
    expect((await member(app, app.dev.id)).sso, 'nothing is connected yet').toBe(false);
    const done = await browser.submit(path, { password: app.dev.password });
    expect([done.status, done.location]).toEqual([303, messageAt('/profile', 'sso-connected')]);
    expect(await profileOf(app)).toContain(`Your account is connected to ${provider.issuer}.`);

    const before = await member(app, app.dev.id);
    expect(before).toMatchObject({ sso: true, name: 'Ada Lovelace', ssoSignedInAt: app.clock.now() });
    expect((await signInBySso(app, provider)).user?.id).toBe(app.dev.id);
    const json = { email: app.dev.email, password: app.dev.password };
    expect((await app.ask('/api/v1/sessions', { json })).status).toBe(201);
  });

  it('is audited and mailed, with the identity and where the request came from', async () => {
    const app = await open();
    claim();
    const browser = openConsole(app, app.dev);
    await proposeIdentity(provider, browser);
    await browser.submit(path, { password: app.dev.password }, { 'User-Agent': 'Connecting/1' });
    const [event] = await app.store.audit.list({ limit: 1, before: null, action: 'user.sso_connected' });
    expect(event).toMatchObject({ actor: { id: app.dev.id }, target: { id: app.dev.id }, userAgent: 'Connecting/1' });
    const [mail] = (await app.mails()).slice(-1);
    expect(mail).toMatchObject({ to: 'dev@example.com', subject: 'Single sign-on was connected to your account' });
    const text = unwrapped(mail?.text ?? '');
    // The address comes from the provider, so mail programs must not make a link of it.
    for (const part of ['Identity dev@example[.]com', provider.issuer, 'Time ', 'IP address ', 'Connecting/1']) {
      expect(text.replaceAll(/\s+/g, ' ')).toContain(part);
    }
    expect(text).toContain('tokens users unbind dev@example.com');
  });

  it('keeps the proposal after a wrong password, and accepts it once', async () => {
    const app = await open();
    claim();
    const browser = openConsole(app, app.dev);
    await proposeIdentity(provider, browser);
    const wrong = await browser.submit(path, { password: 'wrong' });
    expect([wrong.status, textOf(wrong.html)]).toEqual([403, expect.stringContaining('current password is wrong')]);
    expect(textOf(wrong.html)).toContain('Ada Lovelace');
    const ticket = /name="ticket" value="([^"]*)"/.exec(wrong.html)?.[1] ?? '';
    expect((await browser.submit(path, { password: app.dev.password })).status).toBe(303);
    await browser.get('/profile');
    const form_token = /name="form_token" value="([^"]*)"/.exec((await browser.get('/profile')).html)?.[1] ?? '';
    const again = await browser.post(path, { form_token, ticket, password: app.dev.password });
    expect([again.status, textOf(again.html)]).toEqual([403, expect.stringContaining('Start again on your profile')]);
  });

  it("replaces an identity, which ends the other sessions and the old identity's access", async () => {
    const app = await open();
    claim();
    await connectSso(app, provider, app.dev);
    const other = await app.signIn(app.dev.id);
    const old = (await signInBySso(app, provider)).session ?? '';
    Object.assign(provider.people, { moved: { ...provider.people.ada } });
    const browser = openConsole(app, app.dev);
    const { shown } = await proposeIdentity(provider, browser, 'moved');
    expect(textOf(shown.html)).toContain('This replaces the identity that is connected now');
    expect(await sessionsOf(app, [other, old])).toEqual([true, true]);
    await browser.submit(path, { password: app.dev.password });
    expect(await sessionsOf(app, [other, old, app.dev.session])).toEqual([false, false, true]);
    expect((await signInBySso(app, provider, 'moved')).user?.id).toBe(app.dev.id);
    const refused = await signInBySso(app, provider);
    expect([refused.shown.status, textOf(refused.shown.html)]).toEqual([
      403,
      expect.stringContaining('is connected to another identity'),
    ]);
    delete provider.people.moved;
  });

  it('ends no session if the account had no identity, or the same one', async () => {
    const app = await open();
    claim();
    const other = await app.signIn(app.dev.id);
    for (let round = 0; round < 2; round += 1) {
      expect((await connectSso(app, provider, app.dev)).status).toBe(303);
      expect(await sessionsOf(app, [other])).toEqual([true]);
    }
  });

  it('voids links to set a password, because they are for members without single sign-on', async () => {
    const app = await open();
    claim();
    await requestPasswordLink(app, app.dev.email);
    const [mail] = await app.mails();
    const secret = /reset_[\w-]+/.exec(mail?.text ?? '')?.[0] ?? '';
    expect(await app.services.passwordReset.isValid(secret)).toBe(true);
    expect((await connectSso(app, provider, app.dev)).status).toBe(303);
    expect(await app.services.passwordReset.isValid(secret)).toBe(false);
  });
});

describe('the claims of the connected identity', () => {
  it('decide about permissions, name and address as at a sign-in', async () => {
    const app = await open({ tokensGroup: 'engineers', superuserGroup: 'admins' });
    claim({ email: 'ada@contoso.example', email_verified: true, groups: ['admins'] });
    await connectSso(app, provider, app.dev);
    expect(await member(app, app.dev.id)).toMatchObject({
      email: 'ada@contoso.example',
      superuser: true,
      canManageTokens: false,
    });
    const mails = await app.mails();
    expect(mails.map(({ subject, to }) => [subject, to]).sort()).toEqual([
      ['Single sign-on was connected to your account', 'dev@example.com'],
      ['Your permission to use API tokens was removed', 'ada@contoso.example'],
    ]);
    expect(await actionsOf(app)).toEqual(
      expect.arrayContaining(['user.sso_connected', 'user.promoted', 'user.permission_removed', 'user.email_changed']),
    );
  });

  it('leave the last superuser the role, and what the provider does not tell as it is', async () => {
    const app = await open({ superuserGroup: 'admins' });
    claim({ email: 'root@example.com', email_verified: true, groups: [] });
    await connectSso(app, provider, app.root);
    expect(await member(app, app.root.id)).toMatchObject({ superuser: true, sso: true });
    claim({ email: 'dev@example.com' });
    provider.people.ada = { ...provider.people.ada, password: 'pw-ada', groups: undefined };
    const other = { ...provider.people.ada };
    Object.assign(provider.people, { untold: other });
    const done = await connectSso(app, provider, app.dev, 'untold');
    expect(done.location).toEqual(messageAt('/profile?notice=groups-unclear', 'sso-connected'));
    delete provider.people.untold;
  });

  it('are refused if the domain of the address is not allowed, and nothing is connected', async () => {
    const app = await open({ allowedDomains: ['contoso.example'] });
    claim();
    const shown = await connectSso(app, provider, app.dev);
    expect([shown.status, textOf(shown.html)]).toEqual([403, expect.stringContaining('this domain may not sign in')]);
    expect(await member(app, app.dev.id)).toMatchObject({ sso: false, ssoSignedInAt: null });
    expect(await actionsOf(app)).not.toContain('user.sso_connected');
  });
});

describe('whether a member can connect', () => {
  it('is no without single sign-on', async () => {
    const app = await openTestApp();
    expect(await profileOf(app)).not.toContain('Single sign-on');
    expect((await openConsole(app, app.dev).get(path)).status).toBe(404);
    await app.close();
  });

  it('is no in a session of single sign-on', async () => {
    const app = await open();
    claim({ email: 'ada@example.com', email_verified: true });
    const { browser } = await signInBySso(app, provider);
    const { html } = await browser.get('/profile');
    expect(textOf(html)).toContain(`Your account is connected to ${provider.issuer}.`);
    expect(html).not.toContain(path);
    expect((await browser.get(path)).status).toBe(403);
  });

  it.each(['superusers', 'false'] as const)(
    'depends on whether the password counts with TOKENSD_PASSWORD_SIGN_IN=%s',
    async (passwordSignIn) => {
      const app = await open({}, { passwordSignIn });
      claim({ email: 'root@example.com', email_verified: true });
      const root = await openConsole(app, app.root).get(path);
      // Where nobody may use a password, a session that began with one is no session.
      expect([root.status, root.location?.startsWith(passwordSignIn === 'false' ? '/login' : provider.issuer)]).toEqual(
        [303, true],
      );
      await app.store.users.setPasswordUntilSso(app.dev.id, (await member(app, app.dev.id)).passwordHash ?? '');
      claim();
      const browser = openConsole(app, app.dev);
      const { shown } = await proposeIdentity(provider, browser);
      expect(textOf(shown.html)).toContain('Your password works until you sign in with single sign-on.');
      expect((await browser.submit(path, { password: app.dev.password })).status).toBe(303);
      expect(await sessionsOf(app, [app.dev.session]), 'the operator’s password lasts until the sign-in').toEqual([
        true,
      ]);
      expect((await signInBySso(app, provider)).user?.id).toBe(app.dev.id);
      expect(await member(app, app.dev.id)).toMatchObject({ passwordHash: null, passwordUntilSso: false });
    },
  );
});

it('warns on the profile if the identity is at an issuer that is not used any more', async () => {
  const app = await open();
  await app.store.users.setIdentity(app.dev.id, { issuer: 'https://old.example.com', subject: 'ada' });
  const text = await profileOf(app);
  expect(text).toContain('Your account is connected to https://old.example.com.');
  expect(text).toContain(`Your organization uses ${provider.issuer} now`);
  expect(text).toContain('Connect another identity');
});

it('tells a member with a password who tries single sign-on how to connect it', async () => {
  const app = await open();
  claim();
  const { shown } = await signInBySso(app, provider);
  expect([shown.status, textOf(shown.html)]).toEqual([
    403,
    expect.stringContaining('Sign in with the password and connect single sign-on on your profile'),
  ]);
});
