import { decodeJwt, generateKeyPair, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config, OidcConfig } from '../../server/config/config.ts';
import { createToken, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { startTestServer } from '../helpers/app/http.ts';
import { ssoClient, ssoConfig } from '../helpers/app/sso.ts';
import { messageAt, openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';
import { actionsOf, openSsoApp, signInBySso, userOf } from '../helpers/console/sso.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import { startFalseProvider } from '../helpers/peers/false-provider.ts';
import { signInAtProvider, startIdentityProvider, type TestProvider } from '../helpers/peers/identity-provider.ts';

const publicUrl = 'https://tokens.example.com';
let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider(publicUrl);
});
afterAll(() => provider.stop());

const open = (changes?: Partial<OidcConfig>, settings?: Partial<Config>) => openSsoApp(provider, changes, settings);
const signIn = (app: TestApp, subject?: string, next?: string) => signInBySso(app, provider, subject, next);

describe('the first sign-in', () => {
  it('adds a member without the permission and returns to the requested page', async () => {
    const app = await open();
    const { shown, user, session } = await signIn(app, 'ada', '/profile?x=1');
    expect([shown.status, shown.location]).toEqual([303, '/profile?x=1']);
    expect(user).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace', sso: true, passwordHash: null });
    expect(user).toMatchObject({ superuser: false, canManageTokens: false, ssoSignedInAt: app.clock.now() });
    expect(user).toMatchObject({ invitedAt: null, joinedAt: app.clock.now(), disabledAt: null });
    const found = await app.services.sessions.authenticate(session ?? '');
    expect(found?.session).toMatchObject({ sso: true, ssoSid: expect.any(String) });
    expect((await actionsOf(app)).slice(0, 3)).toEqual(['session.created', 'user.groups_changed', 'user.created']);
  });

  it('sends the provider PKCE, state, nonce and our exact redirect URI', async () => {
    const app = await open();
    const { location } = await openConsole(app).get('/login/sso');
    expect(Object.fromEntries(new URL(location ?? '').searchParams)).toMatchObject({
      client_id: ssoClient.clientId,
      response_type: 'code',
      redirect_uri: `${publicUrl}/login/sso/callback`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.any(String),
      nonce: expect.any(String),
    });
  });

  it('binds a member who was added with that address and never signed in', async () => {
    const app = await open();
    const invited = await app.services.users.createBy(
      { kind: 'system', id: null, email: null },
      { ip: null, userAgent: null },
      { email: 'ADA@example.com', can_manage_tokens: true },
    );
    const { user } = await signIn(app);
    expect(user).toMatchObject({ id: invited.id, sso: true, canManageTokens: true, joinedAt: app.clock.now() });
    expect(await actionsOf(app)).toContain('user.sso_bound');
  });

  it.each([
    ['an unverified address', () => Object.assign(provider.people.ada ?? {}, { email_verified: false })],
    ['no address', () => Object.assign(provider.people.ada ?? {}, { email: undefined })],
  ])('is rejected with %s, even for a member who was added with that address', async (_what, change) => {
    const app = await open();
    await app.addMember({ email: 'x@example.com' });
    change();
    const { shown, session } = await signIn(app);
    expect([shown.status, session]).toEqual([403, undefined]);
    expect(await app.store.users.findByEmail('ada@example.com')).toBeNull();
  });

  it('never binds an account with a password or another person with the same address', async () => {
    const app = await open();
    const local = await app.addMember({ email: 'ada@example.com' });
    const first = await signIn(app);
    expect([first.shown.status, first.session]).toEqual([403, undefined]);
    expect(textOf(first.shown.html)).toContain('signs in with a password');
    expect((await app.store.users.findById(local.id))?.sso).toBe(false);

    await signIn(app, 'grace');
    Object.assign(provider.people.ada ?? {}, { email: 'grace@example.com' });
    const second = await signIn(app, 'ada');
    expect([second.shown.status, second.session]).toEqual([403, undefined]);
    expect((await actionsOf(app))[0]).toBe('session.failed');
  });

  it('never binds across issuers', async () => {
    const app = await open();
    const at = app.clock.now();
    const elsewhere = { issuer: 'https://former.example.com', subject: 'ada' };
    await app.store.users.insert(
      {
        ...{
          id: 'former',
          email: 'ada@example.com',
          emailFolded: 'ada@example.com',
          name: '',
          superuser: true,
          auditor: false,
        },
        ...{
          disabled: false,
          canManageTokens: true,
          passwordHash: null,
          passwordUntilSso: false,
          sso: true,
          ssoSignedInAt: at,
        },
        ...{
          totpEnabledAt: null,
          passkeyCount: 0,
          ssoGroups: null,
          manualGroups: null,
          invitedAt: null,
          joinedAt: null,
          disabledAt: null,
          kind: 'member' as const,
          description: null,
          createdAt: at,
        },
      },
      elsewhere,
    );
    expect((await signIn(app)).session).toBeUndefined();
  });

  it('adds no member if provisioning is off or the domain is not allowed', async () => {
    for (const changes of [{ autoProvision: false }, { allowedDomains: ['example.org'] }]) {
      const app = await open(changes);
      const { shown, session } = await signIn(app);
      expect([shown.status, session]).toEqual([403, undefined]);
      expect(await app.store.users.findByEmail('ada@example.com')).toBeNull();
    }
    const app = await open({ allowedDomains: ['example.com'] });
    expect((await signIn(app)).user?.email).toBe('ada@example.com');
  });
});

describe('a member who signs in again', () => {
  it('stays the same member under a new email address, which is saved if it is verified and free', async () => {
    const app = await open();
    const { user } = await signIn(app);
    Object.assign(provider.people.ada ?? {}, { email: 'countess@example.com' });
    expect((await signIn(app)).user).toMatchObject({ id: user?.id, email: 'countess@example.com' });
    expect(await actionsOf(app)).toContain('user.email_changed');
    Object.assign(provider.people.ada ?? {}, { email: 'dev@example.com' });
    expect((await signIn(app)).user).toMatchObject({ id: user?.id, email: 'countess@example.com' });
    Object.assign(provider.people.ada ?? {}, { email: 'other@example.com', email_verified: false });
    expect((await signIn(app)).user).toMatchObject({ id: user?.id, email: 'countess@example.com' });
  });

  it('is rejected once disabled', async () => {
    const app = await open();
    const { user } = await signIn(app);
    await app.store.users.setDisabled(user?.id ?? '', true);
    const { shown, session } = await signIn(app);
    expect([shown.status, session]).toEqual([403, undefined]);
    expect(textOf(shown.html)).toContain('disabled');
  });

  it('gains and loses roles with their groups, except the last superuser', async () => {
    const app = await open({ superuserGroup: 'admins', tokensGroup: 'engineers' });
    expect((await signIn(app)).user).toMatchObject({ superuser: false, canManageTokens: true });
    Object.assign(provider.people.ada ?? {}, { groups: ['admins'] });
    expect((await signIn(app)).user).toMatchObject({ superuser: true, canManageTokens: false });
    Object.assign(provider.people.ada ?? {}, { groups: [] });
    const { user } = await signIn(app);
    expect(user).toMatchObject({ superuser: false, canManageTokens: false });
    const wanted = ['user.promoted', 'user.demoted', 'user.permission_granted', 'user.permission_removed'];
    expect(await actionsOf(app)).toEqual(expect.arrayContaining(wanted));

    await app.store.users.setSuperuser(user?.id ?? '', true);
    await app.store.users.setDisabled(app.root.id, true);
    expect((await signIn(app)).user?.superuser, 'the last superuser keeps the role').toBe(true);
  });

  it('cannot obtain a token with a password, but can use tokens created here', async () => {
    const app = await open({ tokensGroup: 'engineers' });
    const { session, user } = await signIn(app);
    const json = { username: 'ada@example.com', password: 'pw-ada' };
    const refused = await app.ask('/api-token-auth/', { json });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      '{"non_field_errors":["Unable to log in with provided credentials."]}',
    ]);
    const member = { id: user?.id ?? '', email: '', password: '', session: session ?? '' };
    const { token } = await createToken(app, member, { name: 'ci' });
    expect(await verdict(app, token)).toBe(200);
  });

  it('ends the earlier session of the browser', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    const begun = await browser.get('/login/sso');
    const back = await signInAtProvider(begun.location ?? '', { subject: 'ada', password: 'pw-ada' });
    await browser.get(back.pathname + back.search);
    expect(await app.services.sessions.authenticate(app.dev.session)).toBeNull();
    expect((await userOf(app, browser.cookies.get(sessionCookieName(app)) ?? ''))?.email).toBe('ada@example.com');
  });
});

describe('the callback', () => {
  it('is accepted once, in the browser that started, and only with its state', async () => {
    const app = await open();
    const { browser, back } = await signIn(app);
    const again = back.pathname + back.search;
    const other = openConsole(app);
    await other.get('/login/sso');
    for (const [who, path] of [
      [browser, again],
      [openConsole(app), again],
      [other, again],
      [other, `/login/sso/callback?code=x&state=y`],
      [openConsole(app), '/login/sso/callback'],
    ] as const) {
      const shown = await who.get(path);
      expect(shown.status).toBe(403);
      expect(shown.headers.getSetCookie().join()).not.toContain('tokens_session');
      expect(textOf(shown.html)).toContain('Sign in with single sign-on');
    }
  });

  it('reports a denied sign-in without showing the provider’s text', async () => {
    const app = await open();
    const browser = openConsole(app);
    const begun = await browser.get('/login/sso');
    const back = await signInAtProvider(begun.location ?? '', { subject: 'ada', password: 'wrong' });
    back.searchParams.set('error_description', '<script>alert(1)</script>');
    const shown = await browser.get(back.pathname + back.search);
    expect(shown.status).toBe(403);
    expect(textOf(shown.html)).toContain('not approved');
    expect(shown.html).not.toContain('alert(1)');
  });

  it('never leads to another site', async () => {
    const app = await open();
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:1']) {
      expect((await signIn(app, 'ada', next)).shown.location).toBe('/overview');
    }
  });
});

describe('a provider that lies', () => {
  it('signs no one in', async () => {
    const liar = await startFalseProvider(ssoClient.clientId);
    const app = await openTestApp({ oidc: ssoConfig(liar.issuer) });
    onTestFinished(async () => {
      await liar.stop();
      await app.close();
    });
    const stranger = await generateKeyPair('RS256');
    const attempt = async (changes: Record<string, string> = {}) => {
      const browser = openConsole(app);
      const { location } = await browser.get('/login/sso');
      const shown = await browser.get(liar.callbackFor(location ?? '', changes));
      return { status: shown.status, session: browser.cookies.get(sessionCookieName(app)) };
    };
    expect(await attempt(), 'without a lie it works').toMatchObject({ status: 303, session: expect.any(String) });
    const forged = await liar.sign({ sub: 'ada' }, stranger.privateKey);
    const lies: Record<string, Parameters<typeof liar.manipulate>[0]> = {
      'no nonce': { claims: ({ nonce: _, ...claims }) => claims },
      'a wrong issuer': { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) },
      'a wrong audience': { claims: (claims) => ({ ...claims, aud: 'another' }) },
      'an expired token': { claims: (claims) => ({ ...claims, iat: liar.now() - 7200, exp: liar.now() - 3600 }) },
      'no subject': { claims: ({ sub: _, ...claims }) => claims },
      'alg none': { token: (token) => new UnsecuredJWT(payloadOf(token)).encode() },
      'no signature': { token: (token) => token.replace(/[^.]*$/, '') },
      'a changed signature': { token: (token) => token.replace(/.{8}$/, 'AAAAAAAA') },
      'a stranger’s signature': { token: () => forged },
      'another person’s userinfo': { userInfo: { sub: 'grace' } },
    };
    for (const [what, lie] of Object.entries(lies)) {
      liar.manipulate(lie);
      expect(await attempt(), what).toEqual({ status: 500, session: undefined });
    }
    liar.manipulate({ claims: (claims) => ({ ...claims, nonce: 'another' }) });
    expect(await attempt(), 'a wrong nonce').toEqual({ status: 403, session: undefined });
    liar.manipulate({});
    for (const changes of [{ iss: 'https://evil.example' }, { state: 'another' }, { code: '' }]) {
      expect(await attempt(changes), JSON.stringify(changes)).toEqual({ status: 403, session: undefined });
    }
    liar.manipulate({ status: 500 });
    expect(await attempt(), 'a failure of theirs').toEqual({ status: 503, session: undefined });
    expect(app.logLines.join('')).not.toMatch(/eyJ[\w-]{20}/);
  });
});

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

it('reports an unavailable provider, keeps everything else working, and recovers with it', async () => {
  const app = await open();
  const { token } = await createToken(app, app.dev, { name: 'ci' });
  await provider.halt();
  try {
    const shown = await openConsole(app).get('/login/sso');
    expect(shown.status).toBe(503);
    expect(textOf(shown.html)).toContain('does not respond');
    expect(shown.html).toContain('name="password"');
    expect(await verdict(app, token)).toBe(200);
    expect((await app.ask('/api/v1/me', { as: app.dev })).status).toBe(200);
    const json = { email: 'dev@example.com', password: app.dev.password };
    expect((await app.ask('/api/v1/sessions', { json })).status).toBe(201);
  } finally {
    await provider.resume();
  }
  expect((await signIn(app)).user?.email).toBe('ada@example.com');
});

describe('signing out', () => {
  it('ends the session here and continues at the provider, which leads back', async () => {
    const app = await open();
    const { browser, session } = await signIn(app);
    await browser.get('/profile');
    const shown = await browser.submit('/logout');
    expect(shown.status).toBe(200);
    expect(await app.services.sessions.authenticate(session ?? '')).toBeNull();
    const url = new URL(
      /http-equiv="refresh" content="0;url=([^"]+)"/.exec(shown.html)?.[1]?.replaceAll('&amp;', '&') ?? '',
    );
    expect(url.origin).toBe(provider.issuer);
    const { id_token_hint: hint = '', ...others } = Object.fromEntries(url.searchParams);
    expect(decodeJwt(hint)).toMatchObject({ iss: provider.issuer, aud: ssoClient.clientId, sub: 'ada' });
    expect(others).toEqual({ client_id: ssoClient.clientId, post_logout_redirect_uri: `${publicUrl}/login` });
    expect((await fetch(url)).status, 'the provider accepts the hint').toBe(200);
    url.searchParams.set('id_token_hint', `${hint}x`);
    expect((await fetch(url)).status, 'the provider rejects another one').toBe(400);
  });

  it('keeps the ID token encrypted, and only as long as the session', async () => {
    const app = await open();
    const { browser, session = '' } = await signIn(app);
    const found = await app.services.sessions.authenticate(session);
    const id = found?.session.id ?? '';
    const stored = await app.store.sessions.findIdToken(id);
    expect(stored?.length).toBeGreaterThan(100);
    expect(Buffer.from(stored ?? '', 'base64url').toString('latin1')).not.toMatch(/eyJ|ada/);
    if (found === null) throw new Error('The session is missing');
    expect(await app.services.sessions.idToken(found.session, session)).toMatch(/^eyJ/);
    const other = await signIn(app);
    expect(await app.services.sessions.idToken(found.session, other.session ?? ''), 'with another secret').toBeNull();
    await browser.get('/profile');
    await browser.submit('/logout');
    expect(await app.store.sessions.findIdToken(id)).toBeNull();
  });

  it('does not involve the provider for a password session', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    await browser.get('/profile');
    expect((await browser.submit('/logout')).location).toEqual(messageAt('/login', 'signed-out'));
  });
});

describe('back-channel logout', () => {
  it('ends the sessions that the provider’s session started', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const idp = await startIdentityProvider(url);
    const server = await startTestServer({ publicUrl: url, oidc: ssoConfig(idp.issuer) }, port);
    onTestFinished(async () => {
      await server.stop();
      await idp.stop();
    });
    const cookies = new Map<string, string>();
    const browser = openConsole(server);
    const begun = await browser.get('/login/sso');
    const back = await signInAtProvider(begun.location ?? '', { subject: 'ada', password: 'pw-ada' }, cookies);
    await browser.get(back.pathname + back.search);
    const session = browser.cookies.get(sessionCookieName(server)) ?? '';
    expect(await server.services.sessions.authenticate(session)).not.toBeNull();
    await signOutAtProvider(idp.issuer, cookies);
    await vi.waitFor(async () => expect(await server.services.sessions.authenticate(session)).toBeNull(), 5_000);
    const [event] = await server.store.audit.list({ limit: 1, before: null });
    expect(event).toMatchObject({ action: 'session.ended', actor: { kind: 'system' } });
  });

  it('accepts a logout token once and only from the provider, and ends no other member’s session', async () => {
    const liar = await startFalseProvider(ssoClient.clientId);
    const app = await openTestApp({ oidc: ssoConfig(liar.issuer) });
    onTestFinished(async () => {
      await liar.stop();
      await app.close();
    });
    const browser = openConsole(app);
    const { location } = await browser.get('/login/sso');
    await browser.get(liar.callbackFor(location ?? ''));
    const session = browser.cookies.get(sessionCookieName(app)) ?? '';
    const alive = async () => (await app.services.sessions.authenticate(session)) !== null;
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const good = () => ({
      ...{ iss: liar.issuer, aud: ssoClient.clientId, iat: liar.now(), exp: liar.now() + 60 },
      ...{ jti: `jti-${Math.trunc(performance.now() * 1000)}`, sub: 'ada', events },
    });
    const tell = (logout_token: string) =>
      app.ask('/sso/backchannel-logout', {
        method: 'POST',
        body: new URLSearchParams({ logout_token }).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
    const stranger = await generateKeyPair('RS256');
    const { events: _e, ...withoutEvents } = good();
    const { sub: _s, ...withoutSubject } = good();
    const { jti: _j, ...withoutJti } = good();
    const bad = [
      await liar.sign(good(), stranger.privateKey),
      await liar.sign({ ...good(), iss: 'https://evil.example' }),
      await liar.sign({ ...good(), aud: 'another' }),
      await liar.sign({ ...good(), nonce: 'x' }),
      await liar.sign({ ...good(), iat: liar.now() - 3600 }),
      await liar.sign({ ...good(), iat: liar.now() + 3600 }),
      await liar.sign({ ...good(), exp: liar.now() - 3600 }),
      await liar.sign(withoutEvents),
      await liar.sign(withoutSubject),
      await liar.sign(withoutJti),
      new UnsecuredJWT(good()).encode(),
      'x',
    ];
    for (const token of bad) {
      const response = await tell(token);
      expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    }
    expect((await tell(await liar.sign({ ...good(), sub: 'grace' }))).status).toBe(200);
    expect((await tell(await liar.sign({ ...withoutSubject, jti: 'other', sid: 'another' }))).status).toBe(200);
    expect(await alive()).toBe(true);

    // The provider's clock may be a little ahead.
    const token = await liar.sign({ ...good(), iat: liar.now() + 20 });
    const response = await tell(token);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await alive()).toBe(false);
    expect((await tell(token)).status, 'a second time').toBe(400);
    expect(await app.services.sessions.authenticate(app.dev.session)).not.toBeNull();
  });
});

it('ends the sessions whose session at the provider is not known, if the logout token names both', async () => {
  const provider = await startFalseProvider(ssoClient.clientId);
  const app = await openTestApp({ oidc: ssoConfig(provider.issuer) });
  onTestFinished(async () => {
    await provider.stop();
    await app.close();
  });
  const enter = async (sid?: string) => {
    provider.manipulate({ claims: (claims) => ({ ...claims, ...(sid && { sid }) }) });
    const browser = openConsole(app);
    const { location } = await browser.get('/login/sso');
    await browser.get(provider.callbackFor(location ?? ''));
    return browser.cookies.get(sessionCookieName(app)) ?? '';
  };
  const [unknown, ended, another] = [await enter(), await enter('one'), await enter('two')];
  const user = (await app.services.sessions.authenticate(unknown))?.user ?? expect.fail();
  const byPassword = await app.signIn(user.id);
  const logout_token = await provider.sign({
    ...{ iss: provider.issuer, aud: ssoClient.clientId, iat: provider.now(), exp: provider.now() + 60 },
    ...{ jti: 'both', sub: 'ada', sid: 'one', events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
  });
  const told = await app.ask('/sso/backchannel-logout', {
    method: 'POST',
    body: new URLSearchParams({ logout_token }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect(told.status).toBe(200);
  const alive = await Promise.all(
    [unknown, ended, another, byPassword].map(
      async (session) => (await app.services.sessions.authenticate(session)) !== null,
    ),
  );
  expect(alive).toEqual([false, false, true, true]);
});

async function signOutAtProvider(issuer: string, cookies: Map<string, string>): Promise<void> {
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const asked = await fetch(`${issuer}/session/end`, { headers: { Cookie: cookie() } });
  for (const set of asked.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    cookies.set(name, value);
  }
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await asked.text())?.[1] ?? '';
  const body = new URLSearchParams({ xsrf, logout: 'yes' });
  await fetch(`${issuer}/session/end/confirm`, {
    method: 'POST',
    headers: { Cookie: cookie() },
    body,
    redirect: 'manual',
  });
}

describe('TOKENSD_SSO_MAX_AGE', () => {
  const day = 24 * 60 * 60;

  it('suspends tokens of members whose last SSO sign-in is too old, until they sign in again', async () => {
    const app = await open({ tokensGroup: 'engineers' }, { ssoMaxAge: 30 * day });
    const { session, user } = await signIn(app);
    const ada = { id: user?.id ?? '', email: '', password: '', session: session ?? '' };
    const stale = await createToken(app, ada, { name: 'ci', expires_in: null });
    const local = await createToken(app, app.dev, { name: 'ci', expires_in: null });
    app.clock.advance(30 * day * 1000);
    expect(await verdict(app, stale.token)).toBe(200);
    app.clock.advance(1);
    expect(await verdict(app, stale.token)).toBe('sso-stale');
    expect(await verdict(app, local.token)).toBe(200);
    const root = { ...app.root, session: await app.signIn(app.root.id) };
    const listed = await app.ask('/api/v1/tokens?all=true&status=sso-stale', { as: root });
    expect(await listed.json()).toMatchObject({ items: [{ id: stale.id, status: 'sso-stale' }] });
    expect(textOf((await openConsole(app, root).get(`/organization/team/${ada.id}`)).html)).toContain('sso-stale');
    await signIn(app);
    expect(await verdict(app, stale.token)).toBe(200);
  });

  it('is off by default', async () => {
    const app = await open({ tokensGroup: 'engineers' });
    const { session } = await signIn(app);
    const ada = { id: '', email: '', password: '', session: session ?? '' };
    const { token } = await createToken(app, ada, { name: 'ci', expires_in: null });
    app.clock.advance(10 * 365 * day * 1000);
    expect(await verdict(app, token)).toBe(200);
  });
});

it('has no pages, links or metadata without single sign-on', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  for (const path of ['/login/sso', '/login/sso/callback?code=x&state=y']) {
    expect((await openConsole(app).get(path)).status).toBe(404);
  }
  expect((await openConsole(app).get('/login')).html).not.toContain('single sign-on');
  const metadata = await (await app.ask('/.well-known/oauth-authorization-server')).text();
  expect(metadata).not.toContain('sso_login_endpoint');
});

it('does not redirect to the provider over http on another host', async () => {
  const app = await openTestApp({ oidc: ssoConfig(provider.issuer), publicUrl: 'http://tokens.internal:8420' });
  onTestFinished(app.close);
  const { status, location } = await openConsole(app).get('/login/sso');
  expect([status, location]).toEqual([403, null]);
});
