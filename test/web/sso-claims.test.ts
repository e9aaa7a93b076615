import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { OidcConfig } from '../../server/config/config.ts';
import { systemActor } from '../../server/domain/caller.ts';
import type { CreateUserBody } from '../../shared/schemas/accounts/users.ts';
import { createToken, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { ssoClient, ssoConfig } from '../helpers/app/sso.ts';
import { unwrapped } from '../helpers/app/token-mails.ts';
import { openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';
import { actionsOf, openSsoApp, signInBySso, userOf } from '../helpers/console/sso.ts';
import { type Manipulation, startFalseProvider } from '../helpers/peers/false-provider.ts';
import { type PersonAtProvider, startIdentityProvider, type TestProvider } from '../helpers/peers/identity-provider.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

const open = (changes?: Partial<OidcConfig>) => openSsoApp(provider, changes);
const signIn = (app: TestApp, next?: string) => signInBySso(app, provider, 'ada', next);

/** Replaces Ada's claims. */
function claim(claims: Omit<PersonAtProvider, 'password'>) {
  provider.people.ada = { password: 'pw-ada', ...claims };
}

/** Returns the lines of the log at one level, without time and request ID. */
function logged(app: TestApp, level: 'info' | 'warn') {
  const lines = app.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter((line) => line.level === level).map(({ time: _t, request_id: _r, level: _l, ...rest }) => rest);
}

const invite = (app: TestApp, body: CreateUserBody) =>
  app.services.users.createBy(systemActor, { ip: null, userAgent: null }, body);

const eve = { email: 'eve@contoso.example', name: 'Eve' };

describe('an email address', () => {
  it('that nobody vouches for counts only if the operator allows it', async () => {
    const strict = await open();
    claim(eve);
    const { shown, session } = await signIn(strict);
    expect([shown.status, session]).toEqual([403, undefined]);
    expect(textOf(shown.html)).toContain(
      'does not report whether your email address is verified. The operator of this server can allow such addresses (TOKENSD_OIDC_EMAIL_VERIFIED).',
    );
    expect(logged(strict, 'warn')).toEqual([
      {
        msg: 'single sign-on was refused: the claim is missing, or is neither true nor false',
        claim: 'email_verified',
        setting: 'TOKENSD_OIDC_EMAIL_VERIFIED',
        value: 'required',
        subject: 'ada',
        received: expect.arrayContaining(['sub', 'email', 'name']),
      },
    ]);
    for (const emailVerified of ['unless-false', 'ignore'] as const) {
      const app = await open({ emailVerified });
      claim(eve);
      expect((await signIn(app)).user).toMatchObject(eve);
      expect(logged(app, 'warn')).toEqual([]);
    }
  });

  it('that the provider calls unverified counts only if the operator ignores that', async () => {
    for (const emailVerified of ['required', 'unless-false', 'ignore'] as const) {
      const app = await open({ emailVerified });
      claim({ ...eve, email_verified: false });
      const { shown, session } = await signIn(app);
      expect(session !== undefined, emailVerified).toBe(emailVerified === 'ignore');
      if (session !== undefined) continue;
      expect(textOf(shown.html)).toContain('Verify it there, or ask the operator of this server');
      const received = expect.arrayContaining(['sub', 'email', 'email_verified']);
      expect(logged(app, 'warn')).toMatchObject([{ claim: 'email_verified', value: emailVerified, received }]);
    }
  });

  it('is verified by the text "true" as well', async () => {
    const app = await open();
    claim({ ...eve, email_verified: 'true' });
    expect((await signIn(app)).user).toMatchObject(eve);
  });

  it.each(['preferred_username', 'upn'])('can come from %s', async (emailClaim) => {
    const claims = { [emailClaim]: eve.email, name: eve.name };
    const strict = await open();
    claim(claims);
    const { shown, session } = await signIn(strict);
    expect([shown.status, session]).toEqual([403, undefined]);
    expect(textOf(shown.html)).toContain('did not report your email address. Ask the operator');
    expect(logged(strict, 'warn')).toMatchObject([
      { claim: 'email', setting: 'TOKENSD_OIDC_EMAIL_CLAIM', received: expect.arrayContaining([emailClaim]) },
    ]);
    const app = await open({ emailClaim, emailVerified: 'unless-false' });
    claim(claims);
    expect((await signIn(app)).user).toMatchObject(eve);
  });

  it('finds an invited member despite its case and spaces around it', async () => {
    const app = await open();
    const { id } = await invite(app, { email: 'ada@example.com' });
    claim({ email: ' Ada@Example.com ', email_verified: true });
    expect((await signIn(app)).user).toMatchObject({ id, email: 'Ada@Example.com', sso: true });
  });

  it.each(['unless-false', 'ignore'] as const)(
    'never binds a member with a password, whatever the setting: %s',
    async (emailVerified) => {
      const app = await open({ emailVerified });
      claim({ email: 'dev@example.com' });
      const { shown, session } = await signIn(app);
      expect([shown.status, session]).toEqual([403, undefined]);
      expect(await app.store.users.findById(app.dev.id)).toMatchObject({ sso: false });
    },
  );

  it('binds an invited member without being verified only if the operator allows it', async () => {
    for (const emailVerified of ['required', 'unless-false'] as const) {
      const app = await open({ emailVerified });
      const { id } = await invite(app, { email: eve.email, can_manage_tokens: true });
      claim(eve);
      await signIn(app);
      expect((await app.store.users.findById(id))?.sso, emailVerified).toBe(emailVerified !== 'required');
      const found = { user: id, subject: 'ada', claim: 'email', email_verified: null };
      const lines = logged(app, 'info').filter(({ subject }) => subject !== undefined);
      expect(lines).toEqual(emailVerified === 'required' ? [] : [{ msg: expect.any(String), ...found }]);
    }
  });

  it('of a member changes if it counts, and otherwise stays, with a warning that says why', async () => {
    const app = await open({ allowedDomains: ['example.com'] });
    const id = (await signIn(app)).user?.id;
    const next = async (claims: Omit<PersonAtProvider, 'password'>) => {
      app.logLines.length = 0;
      claim({ groups: [], ...claims });
      return (await signIn(app)).user;
    };
    expect(await next({ email: 'new@example.com' })).toMatchObject({ id, email: 'ada@example.com' });
    expect(logged(app, 'warn')).toMatchObject([{ user: id, claim: 'email', setting: 'TOKENSD_OIDC_EMAIL_VERIFIED' }]);
    expect(await next({ email: 'new@example.com', email_verified: false })).toMatchObject({ email: 'ada@example.com' });
    expect(await next({ email: 'new@example.org', email_verified: true })).toMatchObject({ email: 'ada@example.com' });
    expect(logged(app, 'warn')).toMatchObject([{ claim: 'email', setting: 'TOKENSD_OIDC_ALLOWED_DOMAINS' }]);
    expect(await next({ email: 'dev@example.com', email_verified: true })).toMatchObject({ email: 'ada@example.com' });
    expect(logged(app, 'warn')).toMatchObject([{ claim: 'email', msg: expect.stringContaining('another member has') }]);
    expect(await next({}), 'no address says nothing').toMatchObject({ email: 'ada@example.com' });
    expect(await next({ email: 'ada@example.com' }), 'the same address needs no proof').toBeTruthy();
    expect(logged(app, 'warn')).toEqual([]);
    expect(await next({ email: 'new@example.com', email_verified: true })).toMatchObject({ email: 'new@example.com' });
    expect(logged(app, 'info')).toContainEqual({
      msg: 'the email address of a member changed',
      user: id,
      claim: 'email',
    });
    expect((await actionsOf(app)).filter((action) => action === 'user.email_changed')).toHaveLength(1);
  });
});

const groups = { superuserGroup: 'admins', tokensGroup: 'devs' };

/** Opens an app in which Ada is a superuser with the permission and a token. */
async function openWithAda(changes: Partial<OidcConfig> = {}) {
  const app = await open({ ...groups, ...changes });
  claim({ ...eve, email_verified: true, groups: ['devs', 'admins'] });
  const { user, session } = await signIn(app);
  const ada = { id: user?.id ?? '', email: eve.email, password: '', session: session ?? '' };
  const { token } = await createToken(app, ada, { name: 'ci' });
  app.logLines.length = 0;
  const mailed = (await app.mails()).length;
  const newMails = async () => (await app.mails()).slice(mailed);
  const now = async () => {
    const found = await app.store.users.findById(ada.id);
    return { superuser: found?.superuser, permission: found?.canManageTokens, token: await verdict(app, token) };
  };
  return { ...app, ada, now, newMails };
}

const everything = { superuser: true, permission: true, token: 200 };
const nothing = { superuser: false, permission: false, token: 'blocked' };

describe('a member’s groups', () => {
  it.each<[string, Record<string, unknown>]>([
    ['sends no groups', {}],
    ['sends null', { groups: null }],
    ['sends an empty text', { groups: '' }],
    ['sends something unreadable', { groups: [{ value: 'devs' }] }],
    ['refers to groups elsewhere', { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } }],
    ['says only that there are groups', { hasgroups: true }],
  ])('change nothing if the provider %s', async (_what, claims) => {
    const app = await openWithAda();
    claim({ ...eve, email_verified: true, ...claims });
    const { shown, browser } = await signIn(app, '/profile?x=1');
    expect(await app.now()).toEqual(everything);
    expect(await app.newMails()).toEqual([]);
    expect(shown.location).toBe('/profile?x=1&notice=groups-unclear');
    expect(textOf((await browser.get(shown.location ?? '')).html)).toContain(
      'Your identity provider did not report all your groups, so your permissions stay as they are.',
    );
    expect(logged(app, 'warn')).toEqual([
      {
        msg: expect.stringContaining('permissions stay as they are'),
        user: app.ada.id,
        claim: 'groups',
        received: expect.arrayContaining(['sub', 'email']),
      },
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an empty list', { groups: [] }],
    ['other groups', { groups: ['ops'] }],
  ])('take permissions away if the provider sends %s, and a mail tells the member', async (_what, claims) => {
    const app = await openWithAda();
    claim({ ...eve, email_verified: true, ...claims });
    const { shown } = await signIn(app);
    expect(shown.location).toBe('/profile/api-tokens');
    expect(await app.now()).toEqual(nothing);
    const [mail, ...others] = await app.newMails();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ to: eve.email, subject: 'Your permission to use API tokens was removed' });
    expect(unwrapped(mail?.text ?? '')).toContain('Requests that use your tokens are denied until you have it again.');
    expect(unwrapped(mail?.text ?? '')).toContain('no longer an Organization Superuser');
    expect(mail?.text).toMatch(/Group of the permission:? +devs/);
    expect(mail?.text).toMatch(/Claim:? +groups/);
    expect(await actionsOf(app)).toEqual(expect.arrayContaining(['user.demoted', 'user.permission_removed']));
    const about = { user: app.ada.id, claim: 'groups' };
    expect(logged(app, 'info')).toEqual([
      {
        msg: 'read the groups of a member',
        ...about,
        groups: [claims.groups].flat().length,
      },
      { msg: 'a member is no longer a superuser', ...about, group: 'admins', setting: 'TOKENSD_OIDC_SUPERUSER_GROUP' },
      { msg: 'a member lost the permission', ...about, group: 'devs', setting: 'TOKENSD_OIDC_TOKENS_GROUP' },
    ]);
    expect(logged(app, 'warn')).toEqual([]);

    claim({ ...eve, email_verified: true, groups: ['/devs'] });
    await signIn(app);
    expect(await app.now()).toEqual({ superuser: false, permission: true, token: 200 });
    expect(await app.newMails(), 'a second mail').toHaveLength(1);
  });

  it('that are listed count although the list is incomplete', async () => {
    const app = await open(groups);
    const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } };
    claim({ ...eve, email_verified: true, ...overage, idToken: { groups: ['devs'] } });
    const { user, shown } = await signIn(app);
    expect(user).toMatchObject({ canManageTokens: true, superuser: false });
    expect(shown.location).toContain('notice=groups-unclear');
  });

  it('mail a lost role that stops no tokens as well, and name the group', async () => {
    const app = await openWithAda();
    claim({ ...eve, email_verified: true, groups: ['devs'] });
    await signIn(app);
    expect(await app.now()).toEqual({ superuser: false, permission: true, token: 200 });
    const [mail, ...others] = await app.newMails();
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ subject: 'You are no longer an Organization Superuser' });
    expect(unwrapped(mail?.text ?? '')).toContain('Your API tokens keep working.');
    expect(mail?.text).toMatch(/Group of superusers:? +admins/);
  });

  it('leave the role to the last superuser, with a warning', async () => {
    const app = await openWithAda();
    await app.store.users.setDisabled(app.root.id, true);
    claim({ ...eve, email_verified: true, groups: [] });
    await signIn(app);
    expect(await app.now()).toEqual({ superuser: true, permission: false, token: 'blocked' });
    expect(logged(app, 'warn')).toMatchObject([{ claim: 'groups', setting: 'TOKENSD_OIDC_SUPERUSER_GROUP' }]);
    expect((await app.newMails())[0]?.text).not.toContain('no longer an Organization Superuser');
  });

  it('cause no notice and no warning where no permission depends on them', async () => {
    const app = await open();
    claim({ ...eve, email_verified: true });
    expect((await signIn(app)).shown.location).toBe('/profile/api-tokens');
    expect(logged(app, 'warn')).toEqual([]);
  });

  it.each<[string, Partial<OidcConfig>, Record<string, unknown>]>([
    ['a path', { groupsClaim: 'realm_access.roles' }, { realm_access: { roles: ['devs', 'x'] } }],
    ['a name with dots', { groupsClaim: 'https://example.com/roles' }, { 'https://example.com/roles': ['devs', 'x'] }],
    [
      'objects',
      {},
      {
        groups: [
          { id: '1', name: 'devs' },
          { id: '2', displayName: 'x' },
        ],
      },
    ],
    ['a text', {}, { groups: 'devs,x' }],
    ['a map', {}, { groups: { devs: {}, x: {} } }],
    ['paths of Keycloak', {}, { groups: ['/devs', '/x/admins'] }],
    ['the ID token', {}, { idToken: { groups: ['devs', 'x'] } }],
  ])('are read from %s, and the log says from which claim', async (_what, changes, claims) => {
    const app = await open({ ...groups, ...changes });
    claim({ ...eve, email_verified: true, ...claims });
    const { user, shown } = await signIn(app);
    expect(user).toMatchObject({ canManageTokens: true, superuser: false });
    expect(shown.location).toBe('/profile/api-tokens');
    expect(logged(app, 'info')).toContainEqual({
      msg: 'read the groups of a member',
      user: user?.id,
      claim: changes.groupsClaim ?? 'groups',
      groups: 2,
    });
  });

  it('are requested with the scopes that the operator adds', async () => {
    for (const [scopes, permission] of [
      [['openid', 'email', 'profile'], false],
      [['openid', 'email', 'profile', 'teams'], true],
    ] as const) {
      const app = await open({ tokensGroup: 'devs', groupsClaim: 'teams', scopes: [...scopes] });
      claim({ ...eve, email_verified: true, teams: ['devs'] });
      const { location } = await openConsole(app).get('/login/sso');
      expect(new URL(location ?? '').searchParams.get('scope')).toBe(scopes.join(' '));
      expect((await signIn(app)).user).toMatchObject({ canManageTokens: permission });
    }
  });
});

it('shows no text of a crafted link as a notice', async () => {
  const app = await open();
  for (const code of ['constructor', '<b>x</b>', 'Call%20us']) {
    const { status, html } = await openConsole(app, app.dev).get(`/profile?notice=${code}`);
    expect(status).toBe(200);
    expect(html).not.toContain('note warning');
  }
});

describe('a name', () => {
  it('is cleaned, shortened or composed, and updated at each sign-in', async () => {
    const app = await open();
    const verified = { email: eve.email, email_verified: true };
    const nameAfter = async (claims: Omit<PersonAtProvider, 'password'>) => {
      claim({ ...verified, ...claims });
      return (await signIn(app)).user?.name;
    };
    expect(await nameAfter({ name: 'x'.repeat(88) })).toBe('x'.repeat(64));
    expect(await nameAfter({ name: 'Ada\u200b Lovelace' })).toBe('Ada Lovelace');
    expect(await nameAfter({ given_name: 'Augusta', family_name: 'King' })).toBe('Augusta King');
    app.logLines.length = 0;
    expect(await nameAfter({}), 'no name says nothing').toBe('Augusta King');
    expect(logged(app, 'info')).toEqual([]);
    expect(await nameAfter({ name: 'Ada King' })).toBe('Ada King');
    expect(logged(app, 'info')).toMatchObject([{ msg: 'the name of a member changed', claim: 'name' }]);
    expect((await actionsOf(app)).filter((action) => action === 'user.renamed')).toHaveLength(3);
  });
});

describe('the userinfo endpoint', () => {
  /** Signs in at a provider whose answers are manipulated. */
  async function signInWith(manipulation: Manipulation, changes: Partial<OidcConfig> = {}) {
    const peer = await startFalseProvider(ssoClient.clientId);
    const app = await openTestApp({ oidc: ssoConfig(peer.issuer, { ...groups, ...changes }) });
    onTestFinished(async () => {
      await peer.stop();
      await app.close();
    });
    const signIn = async (next: Manipulation) => {
      peer.manipulate(next);
      const browser = openConsole(app);
      const { location } = await browser.get('/login/sso');
      const shown = await browser.get(peer.callbackFor(location ?? ''));
      const session = browser.cookies.get(sessionCookieName(app));
      return { shown, user: session ? await userOf(app, session) : null };
    };
    return { app, peer, signIn, ...(await signIn(manipulation)) };
  }

  it('may fail: the ID token counts, and nothing is taken away', async () => {
    const claims: Manipulation['claims'] = (claims) => ({ ...claims, groups: ['devs'] });
    const { app, signIn, user } = await signInWith({ claims });
    expect(user).toMatchObject({ canManageTokens: true });
    for (const response of [
      { status: 500, body: '' },
      { status: 401, body: '{}' },
      { body: 'not JSON' },
      { body: '{"email":"eve@example.com","email_verified":true}' },
      { headers: { 'Content-Type': 'application/jwt' }, body: 'eyJhbGciOiJub25lIn0.e30.' },
    ]) {
      app.logLines.length = 0;
      const { user, shown } = await signIn({ answers: { '/userinfo': () => response } });
      expect(user, response.body).toMatchObject({ email: 'ada@example.com', canManageTokens: true });
      expect(shown.location).toContain('notice=groups-unclear');
      expect(logged(app, 'warn')[0]).toMatchObject({
        msg: expect.stringContaining('only the ID token counts'),
        failure: expect.any(String),
      });
    }
  });

  it('may sign its response', async () => {
    const peer = await startFalseProvider('another');
    onTestFinished(peer.stop);
    // Providers of these tests share their first key. This one has the same ID.
    await peer.rotateKey('one', 'RS256');
    const { signIn, peer: own, user } = await signInWith({});
    expect(user).toMatchObject({ name: 'Ada' });
    const signedBy = async (signer: typeof peer): Promise<Manipulation> => {
      const body = await signer.sign({ sub: 'ada', name: 'Augusta', iss: own.issuer, aud: ssoClient.clientId });
      return { answers: { '/userinfo': () => ({ headers: { 'Content-Type': 'application/jwt' }, body }) } };
    };
    expect((await signIn(await signedBy(peer))).user, 'by somebody else').toMatchObject({ name: 'Ada' });
    expect((await signIn(await signedBy(own))).user).toMatchObject({ name: 'Augusta' });
  });

  it('does not verify the address of the ID token with its own', async () => {
    const { app, user } = await signInWith({
      claims: ({ email_verified: _, ...claims }) => ({ ...claims, email: 'root2@example.com' }),
      userInfo: { email: 'ada@example.com', email_verified: true },
    });
    expect(user).toMatchObject({ email: 'ada@example.com' });
    expect(logged(app, 'warn')[0]).toMatchObject({ claim: 'email', msg: expect.stringContaining('differ') });
  });

  it('does not inherit the verification of another address in the ID token', async () => {
    const userInfo = { email: 'root2@example.com', email_verified: undefined };
    const { user, signIn } = await signInWith({ userInfo });
    expect(user).toMatchObject({ email: 'ada@example.com' });
    const claims: Manipulation['claims'] = (claims) => ({ ...claims, email: undefined, email_verified: false });
    expect((await signIn({ claims, userInfo })).user).toMatchObject({ email: 'ada@example.com' });
  });
});
