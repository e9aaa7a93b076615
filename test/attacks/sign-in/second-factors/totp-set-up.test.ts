import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Caller } from '../../../../server/domain/caller.ts';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, sessionCookieName, textOf } from '../../../helpers/console/pages.ts';
import { addPasskey, enterPassword } from '../../../helpers/sign-in/passkeys.ts';
import { codeAt } from '../../../helpers/sign-in/totp.ts';
import { nextPassword } from '../console-world.ts';

const minute = 60_000;
const setUp = '/login/set-up';

let app: TestApp;

async function begin(requireTotp: boolean): Promise<void> {
  app = await openTestApp({ requireTotp });
  onTestFinished(app.close);
}

const code = (secret: string) => codeAt(secret, app.clock.now());
const isOn = async (member = app.dev) => (await app.store.users.findById(member.id))?.totpEnabledAt !== null;
const secretOn = (html: string) => /id="totp-secret"[^>]*value="([A-Z2-7]+)"/.exec(html)?.[1] ?? '';
const hasCodes = (html: string) => /([A-Z]{4}-){3}[A-Z]{4}/.test(html);

describe('a set-up of two-factor sign-in that its owner began on the profile', () => {
  const twoStep = '/profile/two-step';
  const confirm = `${twoStep}/confirm`;
  let owner: Browser;
  let thief: Browser;
  /** The member with the session of the thief. */
  let stolen: Member;
  let secret: string;

  beforeEach(async () => {
    await begin(false);
    stolen = { ...app.dev, session: await app.signIn(app.dev.id) };
    [owner, thief] = [openConsole(app, app.dev), openConsole(app, stolen)];
    secret = await prepare(owner);
  });

  async function prepare(browser: Browser): Promise<string> {
    await browser.get(twoStep);
    const { html } = await browser.submit(twoStep, { password: app.dev.password });
    expect(secretOn(html)).toMatch(/^[A-Z2-7]{32}$/);
    return secretOn(html);
  }

  /** Posts a code as the page of the set-up does. */
  async function send(browser: Browser, sent: string) {
    const [form] = formsOf((await browser.get('/logout')).html);
    return browser.post(confirm, { form_token: form?.hidden.form_token ?? '', code: sent });
  }

  it('shows the secret to no other session, and is not finished by one', async () => {
    for (const sent of ['000000', code(secret)]) {
      const shown = await send(thief, sent);
      expect([shown.status, shown.html.includes(secret), hasCodes(shown.html)]).toEqual([409, false, false]);
      expect(textOf(shown.html)).toContain('Start again.');
    }
    const json = { code: code(secret) };
    const answer = await app.ask('/api/v1/me/totp/confirm', { as: stolen, json });
    expect(await jsonOf(answer)).toMatchObject({ status: 409, code: 'totp-enabled' });
    expect(await isOn()).toBe(false);
    const done = await send(owner, code(secret));
    expect([done.status, hasCodes(done.html), await isOn()]).toEqual([200, true, true]);
  });

  it('shows the secret again to its own session after a wrong code', async () => {
    const shown = await send(owner, '000000');
    expect([shown.status, secretOn(shown.html)]).toEqual([403, secret]);
  });

  it('lasts ten minutes', async () => {
    app.clock.advance(10 * minute - 1);
    expect(secretOn((await send(owner, '000000')).html)).toBe(secret);
    app.clock.advance(1);
    for (const sent of ['000000', code(secret)]) {
      const shown = await send(owner, sent);
      expect([shown.status, shown.html.includes(secret), await isOn()]).toEqual([409, false, false]);
    }
    const next = await prepare(owner);
    expect(next).not.toBe(secret);
    expect((await send(owner, code(next))).status).toBe(200);
  });

  it('ends with a new beginning, which the earlier secret does not finish', async () => {
    const next = await prepare(owner);
    expect([(await send(owner, code(secret))).status, await isOn()]).toEqual([403, false]);
    expect((await send(owner, code(next))).status).toBe(200);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'the password changes',
      async () => {
        const json = { current: app.dev.password, new: nextPassword };
        return app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json });
      },
    ],
    [
      'a superuser resets the second factor',
      async () => app.ask(`/api/v1/users/${app.dev.id}/totp`, { method: 'DELETE', as: app.root }),
    ],
    [
      'the member adds a passkey',
      async () => {
        await addPasskey(app, app.dev);
        return { status: 204 };
      },
    ],
  ])('ends when %s', async (_, change) => {
    expect(await change()).toMatchObject({ status: 204 });
    const shown = await send(owner, code(secret));
    expect([shown.status, shown.html.includes(secret), await isOn()]).toEqual([409, false, false]);
  });

  it('writes nothing to the member before it is finished', async () => {
    expect(await app.store.totp.find(app.dev.id)).toBeNull();
  });

  it('is not finished by a session that ended, whose ID is all that a thief knows', async () => {
    const found = await app.services.sessions.authenticate(app.dev.session);
    if (found === null) throw new Error('There is no session.');
    const caller: Caller = {
      ...{ user: found.user, sessionId: found.session.id, channel: 'console' },
      clientInfo: { ip: null, userAgent: null },
    };
    await app.services.sessions.signOut(caller);
    await expect(app.services.totp.enable(caller, code(secret))).rejects.toMatchObject({ code: 'not-authenticated' });
    await expect(app.services.totp.prepare(caller, app.dev.password)).rejects.toMatchObject({
      code: 'not-authenticated',
    });
    expect(await isOn()).toBe(false);
  });
});

describe('a set-up of two-factor sign-in during a sign-in', () => {
  let owner: Browser;
  let thief: Browser;
  let secret: string;

  beforeEach(async () => {
    await begin(true);
    // Both know the password. The thief is there first, and waits for the owner.
    [thief, owner] = [(await enterPassword(app, app.dev)).browser, (await enterPassword(app, app.dev)).browser];
    await thief.get(setUp);
    secret = secretOn((await owner.get(setUp)).html);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  /** Posts to a form of the set-up with the form token of the page, which the thief kept. */
  async function post(browser: Browser, path: string, fields: Record<string, string>) {
    const [form] = formsOf((await browser.get('/login')).html);
    return browser.post(path, { form_token: form?.hidden.form_token ?? '', ...fields });
  }

  const isSignedIn = (browser: Browser) => browser.cookies.has(sessionCookieName(app));

  it('shows the secret to no other sign-in, and is not finished by one', async () => {
    for (const [path, fields] of [
      [`${setUp}/passkey`, { name: 'Laptop', response: '{}' }],
      [`${setUp}/passkey`, { name: '', response: '' }],
      [setUp, { code: '000000' }],
      [setUp, { code: code(secret) }],
    ] as const) {
      const shown = await post(thief, path, fields);
      expect(shown.status, path).toBeGreaterThanOrEqual(400);
      expect([shown.html.includes(secret), hasCodes(shown.html)], path).toEqual([false, false]);
    }
    expect([await isOn(), isSignedIn(thief)]).toEqual([false, false]);
    const done = await post(owner, setUp, { code: code(secret) });
    expect([done.status, hasCodes(done.html), isSignedIn(owner)]).toEqual([200, true, true]);
    app.clock.advance(30_000);
    expect((await post(thief, setUp, { code: code(secret) })).status).toBe(403);
    expect(isSignedIn(thief)).toBe(false);
  });

  it('leaves the secret of the owner as it is when the thief opens the page again', async () => {
    await thief.get(setUp);
    expect((await post(owner, setUp, { code: code(secret) })).status).toBe(200);
  });

  it.each([
    [setUp, { code: '000000' }],
    [`${setUp}/passkey`, { name: 'Laptop', response: '{}' }],
    [`${setUp}/passkey`, { name: 'Laptop', response: '' }],
  ])('limits what is sent to %s', async (path, fields) => {
    // The rate limit measures the wait with the wall clock. On a busy machine, it would end before the last attempt.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const statuses = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await post(owner, path, fields as Record<string, string>)).status);
    expect(statuses.slice(0, 5)).not.toContain(429);
    expect(statuses.at(-1)).toBe(429);
  });

  it('is closed to the other sign-in once one has finished it', async () => {
    expect((await post(owner, setUp, { code: code(secret) })).status).toBe(200);
    expect((await thief.get(setUp)).status).toBe(403);
  });
});
