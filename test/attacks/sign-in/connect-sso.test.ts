import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldName } from '../../../shared/names.ts';
import type { Member } from '../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { addUser } from '../../store/contract/records.ts';
import { nextPassword, openSsoWorld } from './console-world.ts';

const path = '/profile/single-sign-on';
let app: Awaited<ReturnType<typeof openSsoWorld>>;
beforeEach(async () => {
  app = await openSsoWorld();
});
afterEach(() => app.close());

const identityOf = ({ id }: Pick<Member, 'id'>) => app.store.users.identityOf(id);

/** Sends a browser to the provider. Returns the address that leads back, with an identity as the provider describes it. */
async function callbackOf(browser: Browser, from = path, person: Record<string, unknown> = {}) {
  const { location } = await browser.get(from);
  const back = app.provider.callbackFor(location ?? '');
  app.provider.manipulate({
    claims: (claims) => ({ ...claims, ...person }),
    userInfo: person,
  });
  return back;
}

const someone = { sub: 'someone', email: 'someone@example.com', email_verified: true };

/** Fails if the browser has a page with a form that connects, or the member has an identity. */
async function expectNothing(shown: { status: number; html: string }, members: Member[] = [app.dev, app.root]) {
  expect(shown.status).toBe(403);
  expect(shown.html).not.toContain('name="ticket"');
  for (const member of members) expect(await identityOf(member), member.email).toBeNull();
}

describe('an attacker who wants their identity connected to the account of a victim', () => {
  it('cannot make the victim’s browser finish a request that the attacker began', async () => {
    const attacker = openConsole(app, app.dev);
    const back = await callbackOf(attacker, path, someone);
    const victim = openConsole(app, app.root);
    await expectNothing(await victim.get(back, { 'Sec-Fetch-Site': 'cross-site' }));
    // Not even if the attacker plants the cookie, from a subdomain over http for example.
    for (const [name, value] of attacker.cookies) {
      if (name !== sessionCookieName(app)) victim.cookies.set(name, value);
    }
    await expectNothing(await victim.get(back, { 'Sec-Fetch-Site': 'cross-site' }));
    // And the attempt has used up the attacker's own request.
    await expectNothing(await attacker.get(back));
  });

  it('cannot connect by making the victim’s browser begin, because that ends at a page that names the identity', async () => {
    const victim = openConsole(app, app.root);
    const back = await callbackOf(victim, path, someone);
    const shown = await victim.get(back, { 'Sec-Fetch-Site': 'cross-site' });
    expect(textOf(shown.html)).toContain('someone@example.com');
    expect(textOf(shown.html)).toContain('Is this someone else? Cancel');
    expect(await identityOf(app.root)).toBeNull();
    for (const fields of [{}, { password: '' }, { password: 'wrong' }]) {
      expect((await victim.submit(path, fields)).status).toBe(403);
    }
    const elsewhere = { password: app.root.password };
    await victim.get(await callbackOf(victim, path, someone));
    expect((await victim.submit(path, elsewhere, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect(await identityOf(app.root)).toBeNull();
  });

  it('cannot exchange the identity behind a page that the victim is looking at', async () => {
    const victim = openConsole(app, app.root);
    const own = { sub: 'root', email: 'root@example.com', email_verified: true };
    const page = await victim.get(await callbackOf(victim, path, own));
    const ticket = /name="ticket" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    // The attacker makes the browser go round again, where the attacker is signed in at the provider.
    const later = await victim.get(await callbackOf(victim, path, someone));
    expect(textOf(later.html)).toContain('someone@example.com');
    expect((await victim.submit(path, { ticket, password: app.root.password })).status).toBe(303);
    expect(await identityOf(app.root)).toEqual({ issuer: app.provider.issuer, subject: 'root' });
  });

  it('cannot confirm a proposal of another session in their own', async () => {
    const victim = openConsole(app, app.root);
    const page = await victim.get(await callbackOf(victim, path, someone));
    const ticket = /name="ticket" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const others = [
      openConsole(app, app.dev),
      openConsole(app, { ...app.root, session: await app.signIn(app.root.id) }),
    ];
    for (const [index, other] of others.entries()) {
      const form_token = /name="form_token" value="([^"]*)"/.exec((await other.get('/profile')).html)?.[1] ?? '';
      const { password } = index === 0 ? app.dev : app.root;
      await expectNothing(await other.post(path, { form_token, ticket, password }));
    }
  });
});

describe('a request to connect', () => {
  it('is accepted once, and only in the session that began it', async () => {
    const browser = openConsole(app, app.dev);
    const back = await callbackOf(browser, path, someone);
    const cookies = new Map(browser.cookies);
    const signInAgain = async () => ({ ...app.dev, session: await app.signIn(app.dev.id) });
    const otherSession = openConsole(app, await signInAgain());
    for (const [name, value] of cookies) {
      if (name !== sessionCookieName(app)) otherSession.cookies.set(name, value);
    }
    await expectNothing(await otherSession.get(back));

    const again = await callbackOf(browser, path, someone);
    const kept = new Map(browser.cookies);
    expect((await browser.get(again)).html).toContain('name="ticket"');
    // A copy of the cookies from before the callback.
    for (const [name, value] of kept) browser.cookies.set(name, value);
    await expectNothing(await browser.get(again));
  });

  it.each<[string, (browser: Browser) => Promise<unknown> | unknown]>([
    ['after ten minutes', () => app.clock.advance(10 * 60_000 + 1)],
    ['after the session has ended', () => app.store.sessions.deleteAllOf(app.dev.id)],
    [
      'after the member was disabled and enabled again',
      async () => {
        for (const disabled of [true, false]) {
          const json = { disabled };
          await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json });
        }
      },
    ],
    [
      'after the member has signed out everywhere else in another session',
      async () => {
        const other = openConsole(app, { ...app.dev, session: await app.signIn(app.dev.id) });
        await other.get('/profile?dialog=end-others');
        await other.submit('/profile/sessions/end-others');
      },
    ],
  ])('counts neither at the callback nor at the confirmation %s', async (_when, change) => {
    const [early, late] = [openConsole(app, app.dev), openConsole(app, app.dev)];
    const back = await callbackOf(early, path, someone);
    await late.get(await callbackOf(late, path, someone));
    await change(late);
    await expectNothing(await early.get(back));
    const confirmed = await late.submit(path, { password: app.dev.password });
    expect(confirmed.status === 403 || confirmed.location === '/login').toBe(true);
    expect(await identityOf(app.dev)).toBeNull();
  });

  it('does not count if the password was changed while the page was open', async () => {
    const browser = openConsole(app, app.dev);
    const page = await browser.get(await callbackOf(browser, path, someone));
    const hidden = formsOf(page.html).find(({ action }) => action === path)?.hidden ?? expect.fail();
    const json = { current: app.dev.password, new: nextPassword };
    expect((await app.ask('/api/v1/me/password', { as: app.dev, method: 'PUT', json })).status).toBe(204);
    for (const password of [app.dev.password, nextPassword]) {
      expect((await browser.post(path, { ...hidden, password })).status).toBe(403);
    }
    expect(await identityOf(app.dev)).toBeNull();
  });
});

describe('the state of a request', () => {
  it('to connect does not sign anybody in', async () => {
    const browser = openConsole(app, app.dev);
    const back = await callbackOf(browser, path, { sub: 'ada', email: 'ada@example.com', email_verified: true });
    const visitor = openConsole(app);
    for (const [name, value] of browser.cookies) {
      if (name !== sessionCookieName(app)) visitor.cookies.set(name, value);
    }
    await expectNothing(await visitor.get(back));
    expect(visitor.cookies.has(sessionCookieName(app))).toBe(false);
    expect(await app.store.users.findByEmail('ada@example.com')).toBeNull();
  });

  it('to sign in connects nothing, also with a cookie that claims that it was made to connect', async () => {
    const browser = openConsole(app, app.dev);
    await browser.get('/login/sso');
    const cookie = [...browser.cookies.keys()].find((name) => name.includes('sso')) ?? expect.fail();
    const pending = JSON.parse(Buffer.from(browser.cookies.get(cookie) ?? '', 'base64url').toString());
    const forged = { ...pending, state: `connect.${pending.state}` };
    browser.cookies.set(cookie, Buffer.from(JSON.stringify(forged)).toString('base64url'));
    await expectNothing(await browser.get(`/login/sso/callback?code=x&state=${forged.state}`));

    const back = await callbackOf(browser, '/login/sso', {
      sub: 'ada',
      email: 'ada@example.com',
      email_verified: true,
    });
    expect((await browser.get(back)).status).toBe(303);
    expect(await identityOf(app.dev)).toBeNull();
    expect((await app.store.users.findByIdentity({ issuer: app.provider.issuer, subject: 'ada' }))?.email).toBe(
      'ada@example.com',
    );
  });
});

describe('an identity of another member', () => {
  it('is refused by its subject and by its verified address, and says no more than needed', async () => {
    await app.store.users.setIdentity(app.root.id, { issuer: app.provider.issuer, subject: 'taken' });
    const browser = openConsole(app, app.dev);
    for (const [person, says] of [
      [{ sub: 'taken', email: 'x@example.com', email_verified: true }, 'Another account here is connected'],
      [
        { sub: 'free', email: 'ROOT@example.com', email_verified: true },
        'ROOT@example.com of this identity belongs to',
      ],
    ] as const) {
      const shown = await browser.get(await callbackOf(browser, path, person));
      await expectNothing(shown, [app.dev]);
      expect(textOf(shown.html)).toContain(says);
      expect(textOf(shown.html)).not.toMatch(/superuser role|last sign/i);
    }
    expect(await identityOf(app.root)).toEqual({ issuer: app.provider.issuer, subject: 'taken' });
  });

  it('is refused at the confirmation if it became one in the meantime', async () => {
    const browser = openConsole(app, app.dev);
    await browser.get(await callbackOf(browser, path, someone));
    await app.store.users.setIdentity(app.root.id, { issuer: app.provider.issuer, subject: 'someone' });
    const shown = await browser.submit(path, { password: app.dev.password });
    await expectNothing(shown, [app.dev]);
    expect(await app.store.users.findById(app.dev.id)).toMatchObject({ sso: false, email: 'dev@example.com' });
  });

  it('goes to one of two members who confirm it concurrently', async () => {
    const browsers = [openConsole(app, app.dev), openConsole(app, app.root)];
    for (const browser of browsers) await browser.get(await callbackOf(browser, path, someone));
    const shown = await Promise.all(browsers.map((one) => one.submit(path, { password: app.dev.password })));
    expect(shown.map(({ status }) => status).sort()).toEqual([303, 403]);
    expect([await identityOf(app.dev), await identityOf(app.root)].filter(Boolean)).toHaveLength(1);
  });
});

describe('unbinding', () => {
  const issuer = () => app.provider.issuer;
  /** Unbinds a member. */
  const unbind = async ({ id }: { id: string }) => {
    await app.store.users.setIdentity(id, { issuer: issuer(), subject: 'old' });
    expect((await app.ask(`/api/v1/users/${id}/identity`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  };
  /** A member without a password. */
  const addMember = (email: string) => addUser(app.store, { email, emailFolded: foldName(email), passwordHash: null });

  it('is for superusers only, on the page and in the API', async () => {
    await app.store.users.setIdentity(app.root.id, { issuer: issuer(), subject: 'root' });
    const response = await app.ask(`/api/v1/users/${app.root.id}/identity`, { as: app.dev, method: 'DELETE' });
    expect(response.status).toBe(403);
    const browser = openConsole(app, app.dev);
    const form_token = /name="form_token" value="([^"]*)"/.exec((await browser.get('/profile')).html)?.[1] ?? '';
    expect((await browser.post(`/organization/team/${app.root.id}/unbind`, { form_token })).status).toBe(403);
    expect(await identityOf(app.root)).not.toBeNull();
  });

  it('lets nobody in whose address the provider did not verify, or has only nearly the same address', async () => {
    const email = 'straße@example.com';
    const member = await addMember(email);
    await unbind(member);
    const attempt = async (person: Record<string, unknown>) => {
      const browser = openConsole(app);
      const shown = await browser.get(await callbackOf(browser, '/login/sso', { sub: 'new', ...person }));
      return [shown.status, browser.cookies.has(sessionCookieName(app))];
    };
    for (const person of [
      { email, email_verified: false },
      { email, email_verified: null },
      { email, email_verified: undefined },
      { email: 'strasse@example.com', email_verified: true },
      { email: undefined },
    ]) {
      expect(await attempt(person), JSON.stringify(person)).toEqual([403, false]);
    }
    expect(await identityOf(member)).toBeNull();
    expect(await attempt({ email, email_verified: true })).toEqual([303, true]);
    expect(await identityOf(member)).toEqual({ issuer: issuer(), subject: 'new' });
  });

  it('lets nobody in twice: the first who signs in is bound, and the next is refused', async () => {
    const member = await addMember('ada@example.com');
    await unbind(member);
    for (const [sub, status] of [
      ['first', 303],
      ['second', 403],
    ] as const) {
      const browser = openConsole(app);
      const person = { sub, email: 'ada@example.com', email_verified: true };
      expect((await browser.get(await callbackOf(browser, '/login/sso', person))).status).toBe(status);
    }
    expect((await identityOf(member))?.subject).toBe('first');
  });

  it('does not let the removed identity back in by the address that it gave to a member with a password', async () => {
    const connecting = { issuer: issuer(), subject: 'eve' };
    await app.store.users.setIdentity(app.dev.id, connecting);
    const eve = { sub: 'eve', email: 'eve@example.com', email_verified: true };
    const signIn = async () => {
      const browser = openConsole(app);
      return (await browser.get(await callbackOf(browser, '/login/sso', eve))).status;
    };
    expect(await signIn()).toBe(303);
    expect((await app.store.users.findById(app.dev.id))?.email).toBe('eve@example.com');
    expect((await app.ask(`/api/v1/users/${app.dev.id}/identity`, { as: app.root, method: 'DELETE' })).status).toBe(
      204,
    );
    expect(await signIn()).toBe(403);
    expect(await identityOf(app.dev)).toBeNull();
  });
});
