import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../server/domain/caller.ts';
import type { Session } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { type Browser, formsOf, openConsole, textOf } from '../../helpers/console/pages.ts';
import { actionsOf } from '../../helpers/console/sso.ts';
import type { Authenticator, Tampering } from '../../helpers/sign-in/authenticator.ts';
import { addPasskey, optionsOf } from '../../helpers/sign-in/passkeys.ts';
import { nextPassword, openSsoWorld } from './console-world.ts';

const hour = 60 * 60 * 1000;

let app: TestApp;
/** The console with the stolen session of a superuser, an hour after its sign-in. */
let thief: Browser;
let promote: string;

async function begin(opened: TestApp): Promise<void> {
  app = opened;
  app.clock.advance(hour);
  thief = openConsole(app, app.root);
  promote = `/organization/team/${app.dev.id}/promote`;
}

/** Posts a form as its page does. */
async function post(path: string, fields: Record<string, string> = {}, browser = thief) {
  const { html } = await browser.get('/logout');
  return browser.post(path, { form_token: formsOf(html)[0]?.hidden.form_token ?? '', ...fields });
}

const isPromoted = async () => (await app.store.users.findById(app.dev.id))?.superuser;
const confirmedUntil = async (as: Member = app.root) =>
  (await jsonOf<Session>(app.ask('/api/v1/sessions/current', { as }))).confirmed_until;
const isConfirmed = async (as?: Member) => Date.parse((await confirmedUntil(as)) ?? '') > app.clock.now();
const confirm = async (entered: string, as = app.root) =>
  (await app.ask('/api/v1/sessions/current/confirm', { as, json: { password: entered } })).status;

async function callerOf({ session }: Member): Promise<Caller> {
  const found = await app.services.sessions.authenticate(session);
  if (found === null) throw new Error('There is no session.');
  const clientInfo = { ip: null, userAgent: null };
  return { user: found.user, sessionId: found.session.id, clientInfo, channel: 'console' };
}

describe('a stolen session without the password', () => {
  beforeEach(async () => begin(await openTestApp()));
  afterEach(() => app.close());

  it('is not confirmed by a form that claims to be', async () => {
    for (const way of ['done', 'password', 'passkey', 'sso', 'yes', '__proto__']) {
      const shown = await post(promote, { confirm_with: way, confirm_password: '' });
      expect(shown.status, way).toBeGreaterThanOrEqual(400);
    }
    expect([await isConfirmed(), await isPromoted()]).toEqual([false, false]);
  });

  it('changes nothing with a confirmation that is sent again, however often', async () => {
    const recorded = { confirm_with: 'password', confirm_password: password, confirm_action: 'x' };
    for (let i = 0; i < 3; i += 1) {
      expect((await post(promote, recorded)).status).toBe(200);
      expect(await isPromoted()).toBe(false);
    }
  });

  it.each([
    ['/profile/name', { name: 'Mallory' }],
    ['/profile/sessions/end-others', {}],
    ['/login', { email: 'x', password: 'x' }],
  ])('cannot send the form %s as a confirmation', async (path, fields) => {
    const shown = await post(path, { ...fields, confirm_with: 'password', confirm_password: password });
    expect([shown.status, textOf(shown.html)]).toEqual([
      400,
      expect.stringContaining('This form needs no confirmation'),
    ]);
    expect(await isConfirmed()).toBe(false);
  });

  it('does not carry out another action of the same form with the confirmation', async () => {
    const boss = await app.addMember({ email: 'boss@example.com', superuser: true });
    const fields = { confirm_with: 'password', confirm_password: password };
    for (const action of ['demote', 'disable', 'grant']) await post(`/organization/team/${boss.id}/${action}`, fields);
    const after = await app.store.users.findById(boss.id);
    expect(after).toMatchObject({ superuser: true, disabled: false, canManageTokens: false });
  });

  it('cannot confirm from another site, or without the form token', async () => {
    const fields = { confirm_with: 'password', confirm_password: password };
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example.com' };
    await thief.get('/logout');
    expect((await thief.post(promote, fields)).status).toBe(403);
    expect((await thief.post(promote, fields, headers)).status).toBe(403);
    const cookie = [...thief.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const json = { password };
    const api = await app.ask('/api/v1/sessions/current/confirm', { json, headers: { Cookie: cookie, ...headers } });
    expect([api.status, await isConfirmed()]).toEqual([403, false]);
  });

  it('guesses as slowly as a sign-in does, wherever it guesses, and each guess is audited', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push(await confirm(`guess ${i}`));
    const inConsole = { confirm_with: 'password', confirm_password: 'guess' };
    for (let i = 0; i < 4; i += 1) statuses.push((await post(promote, inConsole)).status);
    expect(statuses.slice(0, 5)).toEqual([403, 403, 403, 403, 403]);
    expect(statuses.slice(5)).toContain(429);
    expect(await confirm(password), 'also with the right password').toBe(429);
    const json = { current: password, new: nextPassword };
    const change = await app.ask('/api/v1/me/password', { method: 'PUT', as: app.root, json });
    expect(change.status, 'and where the password changes').toBe(429);
    const failures = (await actionsOf(app)).filter((action) => action === 'session.confirmation_failed');
    expect(failures.length).toBe(statuses.filter((status) => status === 403).length);
    expect(await isConfirmed()).toBe(false);
  });

  it('is not confirmed by its owner in another session', async () => {
    const owner = { ...app.root, session: await app.signIn(app.root.id) };
    expect(await confirm(password, owner)).toBe(200);
    expect([await isConfirmed(owner), await isConfirmed()]).toEqual([true, false]);
  });

  it('is not confirmed with a password that changed while it was checked', async () => {
    const caller = await callerOf(app.root);
    await app.services.sessions.changePassword(caller, password, nextPassword);
    await expect(app.services.confirmations.byPassword(caller, password)).rejects.toMatchObject({
      code: 'wrong-password',
    });
    expect(await isConfirmed()).toBe(false);
  });

  it('is not confirmed once it has ended', async () => {
    const caller = await callerOf(app.root);
    await app.services.sessions.signOut(caller);
    await expect(app.services.confirmations.byPassword(caller, password)).rejects.toMatchObject({
      code: 'not-authenticated',
    });
  });

  it('cannot use a management key in its place', async () => {
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write', 'tokens:write']);
    const { headers } = key;
    const confirmed = await app.ask('/api/v1/sessions/current/confirm', { headers, json: { password } });
    expect(await jsonOf(confirmed)).toMatchObject({ code: 'not-for-keys' });
    const path = `/api/v1/users/${app.dev.id}`;
    const promoted = await app.ask(path, { method: 'PATCH', headers, json: { superuser: true } });
    expect(await jsonOf(promoted)).toMatchObject({ code: 'not-for-keys' });
  });

  it('adds no superuser under another name either', async () => {
    const json = { email: 'new@example.com', superuser: true, password: nextPassword };
    const refused = await app.ask('/api/v1/users', { as: app.root, json });
    expect(await jsonOf(refused)).toMatchObject({ code: 'confirmation-required' });
    const shown = await post('/organization/team', {
      email: 'new@example.com',
      superuser: 'yes',
      password: nextPassword,
    });
    expect(shown.status).toBe(403);
    expect(shown.html, 'the password is no field of the page').not.toContain(nextPassword);
    expect(await app.store.users.findByEmail('new@example.com')).toBeNull();
  });

  it('injects nothing into the page, and loses no field', async () => {
    const text = `"><script>alert(1)</script>&amp;'`;
    const account = await storeServiceAccount(app, 'platform');
    const fields = { name: 'deploy', description: `${text}${'x'.repeat(400)}`, manage: 'apps', expires: '2592000' };
    const path = `/organization/service-accounts/${account.id}/keys`;
    const shown = await post(path, { ...fields, networks: '192.0.2.0/24' });
    expect(shown.html).not.toContain('<script>alert');
    expect(formsOf(shown.html).find(({ action }) => action === path)?.hidden).toMatchObject(fields);
    const again = await thief.submit(path, { confirm_password: password });
    expect(again.html).not.toContain('<script>alert');
    expect(textOf(again.html)).toContain('You confirmed it is you.');
  });
});

describe('a passkey that is to confirm a session', () => {
  let authenticator: Authenticator;
  beforeEach(async () => {
    const opened = await openTestApp();
    ({ authenticator } = await addPasskey(opened, opened.root));
    await begin(opened);
  });
  afterEach(() => app.close());

  /** Returns what the browser signs, for the session of this browser. */
  const challenge = (browser = thief) =>
    optionsOf<Parameters<Authenticator['get']>[0]>(browser, '/profile/confirm', '/profile/confirm');
  const answer = async (response: string) => {
    await post(promote);
    return thief.submit(promote, { confirm_with: 'passkey', response });
  };

  it('confirms, and the form is shown again', async () => {
    const again = await answer(authenticator.get(await challenge()));
    expect([again.status, textOf(again.html)]).toEqual([200, expect.stringContaining('Check the form and send it.')]);
    expect([await isConfirmed(), await isPromoted()]).toEqual([true, false]);
    expect((await thief.submit(promote)).status).toBe(303);
    expect(await isPromoted()).toBe(true);
  });

  it.each<[string, Tampering]>([
    ['another origin', { origin: 'https://tokens.example.com.evil.example' }],
    ['no verification of the person', { userVerified: false }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['a response that was made to add a passkey', { type: 'webauthn.create' }],
  ])('refuses %s, and audits it', async (_, changed) => {
    expect((await answer(authenticator.get(await challenge(), changed))).status).toBe(403);
    expect([await isConfirmed(), (await actionsOf(app))[0]]).toEqual([false, 'session.confirmation_failed']);
  });

  it('accepts each response once, from the passkeys of the member, and for this session only', async () => {
    const response = authenticator.get(await challenge());
    expect((await answer(response)).status).toBe(200);
    app.clock.advance(hour);
    expect((await answer(response)).status, 'again').toBe(403);

    const other = openConsole(app, { ...app.root, session: await app.signIn(app.root.id) });
    expect((await answer(authenticator.get(await challenge(other)))).status, 'of another session').toBe(403);

    const dev = { ...app.dev, session: await app.signIn(app.dev.id) };
    const { authenticator: ofDev } = await addPasskey(app, dev);
    expect((await answer(ofDev.get(await challenge()))).status, 'of another member').toBe(403);

    const signIn = await optionsOf<Parameters<Authenticator['get']>[0]>(openConsole(app), '/login', '/login/passkey');
    expect((await answer(authenticator.get(signIn))).status, 'of a sign-in').toBe(403);
    expect(await isConfirmed()).toBe(false);
  });

  it('gets at most 60 challenges in ten minutes', async () => {
    const path = '/profile/confirm';
    const form = formsOf((await thief.get(path)).html).find(({ action }) => action.startsWith(path));
    let asked = 0;
    for (let status = 200; status === 200 && asked < 100; asked += 1) {
      ({ status } = await thief.post(`${path}/options`, form?.hidden));
    }
    expect(asked).toBe(61);
  });

  it('is not accepted once the account is bound to single sign-on', async () => {
    const response = authenticator.get(await challenge());
    const caller = await callerOf(app.root);
    await app.store.users.setIdentity(app.root.id, { issuer: 'https://idp.example.com', subject: 'root' });
    const user = await app.store.users.findById(app.root.id);
    if (user === null) throw new Error('There is no superuser.');
    await expect(app.services.confirmations.byPasskey({ ...caller, user }, response)).rejects.toMatchObject({
      code: 'password-sign-in-off',
    });
    const session = await app.store.transaction((store) => store.sessions.lock(caller.sessionId));
    expect(session?.confirmedAt).toBeLessThanOrEqual(app.clock.now() - hour);
  });
});

describe('single sign-on that is to confirm a session', () => {
  let world: Awaited<ReturnType<typeof openSsoWorld>>;
  beforeEach(async () => {
    world = await openSsoWorld();
    const identity = { issuer: world.provider.issuer, subject: 'ada' };
    await world.store.users.setIdentity(world.root.id, identity);
    await begin(world);
  });
  afterEach(() => world.close());

  const seconds = (ms: number) => Math.floor(ms / 1000);

  /** Begins a confirmation. Returns the address of the provider. */
  async function beginConfirmation(): Promise<string> {
    await post(promote);
    const asked = await thief.submit(promote, { confirm_with: 'sso' });
    expect(asked.status).toBe(200);
    const [, url = ''] = /content="0;url=([^"]*)"/.exec(asked.html) ?? [];
    return url.replaceAll('&amp;', '&');
  }

  /** Returns from the provider, which claims that it asked at this time. */
  async function comeBack(url: string, claims: Record<string, unknown>, browser = thief) {
    world.provider.manipulate({ claims: (usual) => ({ ...usual, ...claims }) });
    return browser.get(world.provider.callbackFor(url));
  }

  it('asks the provider to authenticate again, and confirms the same person', async () => {
    const url = await beginConfirmation();
    const { searchParams } = new URL(url);
    expect([searchParams.get('prompt'), searchParams.get('max_age')]).toEqual(['login', '0']);
    const back = await comeBack(url, { auth_time: seconds(app.clock.now()) });
    expect([back.status, textOf(back.html)]).toEqual([200, expect.stringContaining('You confirmed it is you')]);
    expect([await isConfirmed(), await isPromoted()]).toEqual([true, false]);
    const again = await thief.submit(promote);
    expect([again.status, textOf(again.html)]).toEqual([200, expect.stringContaining('Check the form and send it.')]);
    expect(await isPromoted()).toBe(false);
    expect((await thief.submit(promote)).status).toBe(303);
    expect(await isPromoted()).toBe(true);
  });

  it.each([
    ['a time before the request', () => ({ auth_time: seconds(app.clock.now() - 61_000) })],
    ['a time in the future', () => ({ auth_time: seconds(app.clock.now() + 3_600_000) })],
    ['no time', () => ({})],
  ])('refuses %s, audits it, and keeps the form', async (_, claims) => {
    const back = await comeBack(await beginConfirmation(), claims());
    expect(back.status).toBe(403);
    expect(formsOf(back.html).some(({ action }) => action === promote)).toBe(true);
    expect([await isConfirmed(), (await actionsOf(app))[0]]).toEqual([false, 'session.confirmation_failed']);
  });

  it('refuses another person', async () => {
    const claims = { sub: 'mallory', auth_time: seconds(app.clock.now()) };
    const url = await beginConfirmation();
    world.provider.manipulate({ claims: (usual) => ({ ...usual, ...claims }), userInfo: { sub: 'mallory' } });
    const back = await thief.get(world.provider.callbackFor(url));
    expect([back.status, textOf(back.html)]).toEqual([403, expect.stringContaining('signed in someone else')]);
    expect([await isConfirmed(), (await actionsOf(app))[0]]).toEqual([false, 'session.confirmation_failed']);
  });

  it('is accepted once, and in the session that began it only', async () => {
    const fresh = { auth_time: seconds(app.clock.now()) };
    const url = await beginConfirmation();
    const cookies = new Map(thief.cookies);
    const other = openConsole(app, { ...app.root, session: await app.signIn(app.root.id) });
    app.clock.advance(hour);
    for (const [name, value] of cookies) if (name.includes('sso')) other.cookies.set(name, value);
    const later = { auth_time: seconds(app.clock.now()) };
    expect((await comeBack(url, later, other)).status).toBe(403);
    expect(await isConfirmed()).toBe(false);

    const second = await beginConfirmation();
    const kept = new Map(thief.cookies);
    expect((await comeBack(second, later)).status).toBe(200);
    app.clock.advance(hour);
    for (const [name, value] of kept) thief.cookies.set(name, value);
    expect((await comeBack(second, fresh)).status).toBe(403);
    expect(await isConfirmed()).toBe(false);
  });

  it('does not take a sign-in that only continues a session at the provider for a proof', async () => {
    const browser = openConsole(app);
    const begun = await browser.get('/login/sso');
    const back = await comeBack(begun.location ?? '', { auth_time: seconds(app.clock.now() - 2 * hour) }, browser);
    expect(back.status).toBe(303);
    const shown = await post(promote, {}, browser);
    expect([shown.status, textOf(shown.html)]).toEqual([403, expect.stringContaining('Confirm it is you to')]);
  });

  it('takes a sign-in for a proof if the provider asked within the hour, or does not say when', async () => {
    for (const claims of [{ auth_time: seconds(app.clock.now() - hour / 2) }, {}]) {
      const browser = openConsole(app);
      const begun = await browser.get('/login/sso');
      expect((await comeBack(begun.location ?? '', claims, browser)).status).toBe(303);
      expect((await post(promote, {}, browser)).status).toBe(303);
      await app.store.users.setSuperuser(app.dev.id, false);
    }
  });
});
