import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import { type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';

const deviceCookie = '__Host-tokens_device';
const newPassword = 'another staple battery horse';

async function open(settings: Partial<Config> = {}): Promise<TestApp> {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

type Browser = ReturnType<typeof openConsole>;

/** Signs in without the session that the browser has. */
async function enter(browser: Browser, email: string, tried = password): Promise<number> {
  browser.cookies.delete('__Host-tokens_session');
  await browser.get('/login');
  return (await browser.submit('/login', { email, password: tried })).status;
}

async function enterCode(app: TestApp, browser: Browser, secret: string): Promise<number> {
  await browser.get('/login/code');
  const code = codeAt(secret, app.clock.now());
  return (await browser.submit('/login/code?next=%2Foverview', { code })).status;
}

// Waits are measured with the wall clock, and hashing is slow.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** Fails at an account from many networks, until all strangers have to wait. Takes little time, because nothing is hashed. */
async function storm(app: TestApp, { email }: Pick<Member, 'email'>, guess: 'password' | 'code' = 'password') {
  const fail = (n: number) => {
    const keys = { guess, account: email, ip: `198.18.${n >> 8}.${n & 255}` };
    return app.services.rateLimit.attempt(keys, async () => ({ succeeded: false })).catch(() => undefined);
  };
  for (let n = 0; n < 1500; n += 1) await fail(n);
  for (let n = 1500; n < 1510; n += 1) {
    vi.setSystemTime(Date.now() + 60_000);
    await fail(n);
  }
}

describe('the cookie of a known device', () => {
  it('is set by a completed sign-in alone, for this host, HTTP-only and for more than a year', async () => {
    const app = await open();
    const browser = openConsole(app);
    await browser.get('/login');
    const wrong = await browser.submit('/login', { email: app.dev.email, password: 'wrong' });
    expect(wrong.headers.getSetCookie().join()).not.toContain('device');
    await browser.get('/login');
    const { headers } = await browser.submit('/login', { email: app.dev.email, password });
    const [cookie = ''] = headers.getSetCookie().filter((cookie) => cookie.startsWith(deviceCookie));
    expect(
      cookie
        .replace(/=[^;]*/, '=…')
        .split('; ')
        .sort(),
    ).toEqual(['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Lax', 'Secure', `${deviceCookie}=…`]);
    expect(cookie).not.toContain(app.dev.id);
  });

  it('is not set before the second factor', async () => {
    const app = await open();
    const { secret } = await turnOn(app, app.dev);
    app.clock.advance(30_000);
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    expect(browser.cookies.has(deviceCookie)).toBe(false);
    await enterCode(app, browser, secret);
    expect(browser.cookies.has(deviceCookie)).toBe(true);
  });

  it('signs nobody in', async () => {
    const app = await open();
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    const visitor = openConsole(app);
    visitor.cookies.set(deviceCookie, browser.cookies.get(deviceCookie) ?? '');
    expect((await visitor.get('/profile')).status).toBe(303);
  });
});

describe('a browser that signed the member in before', () => {
  it('signs in at once while strangers have to wait, also after signing out', async () => {
    const app = await open();
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    await browser.get('/logout');
    await browser.submit('/logout', {});
    await storm(app, app.dev);
    expect(await enter(openConsole(app), app.dev.email)).toBe(429);
    expect(await enter(browser, app.dev.email)).toBe(303);
  });

  it('enters a code at once while strangers have to wait', async () => {
    const app = await open();
    const { secret } = await turnOn(app, app.dev);
    const browser = openConsole(app);
    app.clock.advance(30_000);
    await enter(browser, app.dev.email);
    await enterCode(app, browser, secret);
    await storm(app, { email: `second step of ${app.dev.id}` }, 'code');
    app.clock.advance(30_000);
    await enter(browser, app.dev.email);
    expect(await enterCode(app, browser, secret)).toBe(303);
  });

  it('remembers four members', async () => {
    const app = await open();
    const browser = openConsole(app);
    const others = await Promise.all([1, 2, 3, 4].map((n) => app.addMember({ email: `m${n}@example.com` })));
    for (const { email } of [app.dev, ...others]) await enter(browser, email);
    for (const [member, status] of [[app.dev, 429] as const, [others[0] ?? expect.fail(), 303] as const]) {
      await storm(app, member);
      const same = openConsole(app);
      same.cookies.set(deviceCookie, browser.cookies.get(deviceCookie) ?? '');
      expect(await enter(same, member.email)).toBe(status);
    }
  });

  it('is a stranger to every other member', async () => {
    const app = await open();
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    await storm(app, app.root);
    expect(await enter(browser, app.root.email)).toBe(429);
  });

  it('has to wait after its own failures, which a new stranger does not feel', async () => {
    const app = await open();
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push(await enter(browser, app.dev.email, 'wrong'));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await enter(openConsole(app), app.dev.email)).toBe(303);
  });

  it('is a stranger once the password was changed elsewhere, but not where it was changed', async () => {
    const app = await open();
    const [there, here] = [openConsole(app), openConsole(app)];
    await enter(there, app.dev.email);
    await enter(here, app.dev.email);
    await here.get('/profile');
    await here.submit('/profile/password', { current: password, new: newPassword, again: newPassword });
    await storm(app, app.dev);
    expect(await enter(there, app.dev.email, newPassword)).toBe(429);
    await here.get('/logout');
    await here.submit('/logout', {});
    expect(await enter(here, app.dev.email, newPassword)).toBe(303);
  });

  it('changes the password by a session while strangers have to wait', async () => {
    const app = await open();
    await storm(app, app.dev);
    const json = { current: password, new: newPassword };
    expect((await app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json })).status).toBe(204);
  });
});

describe('a forged or planted cookie', () => {
  it('makes nobody a known device', async () => {
    const app = await open();
    const browser = openConsole(app);
    await enter(browser, app.dev.email);
    const genuine = browser.cookies.get(deviceCookie) ?? '';
    const rest = genuine.slice('browser_'.length);
    await storm(app, app.dev);
    const forged = [
      `browser_${'A'.repeat(43)}`,
      `browser_${rest.slice(0, 16)}${'A'.repeat(27)}`,
      `browser_${'A'.repeat(16)}${rest.slice(16)}`,
      `browser_${rest.slice(0, 42)}`,
      `${'x.'.repeat(4)}${genuine}`,
      rest,
      '.'.repeat(4000),
      '',
    ];
    for (const value of forged) {
      const visitor = openConsole(app);
      visitor.cookies.set(deviceCookie, value);
      expect(await enter(visitor, app.dev.email), value.slice(0, 60)).toBe(429);
    }
    const again = openConsole(app);
    again.cookies.set(deviceCookie, `browser_${'A'.repeat(43)}.${genuine}`);
    expect(await enter(again, app.dev.email)).toBe(303);
  });
});

describe('a password that was set through a mailed link', () => {
  async function reset(app: TestApp, browser: Browser): Promise<void> {
    await browser.get('/password/forgot');
    await browser.submit('/password/forgot', { email: app.dev.email });
    const [, path = ''] =
      /https:\/\/tokens\.example\.com(\/password\/reset\?token=\S+)/.exec(JSON.stringify(await app.mails())) ?? [];
    await browser.get(path.replace(/[\\"].*/, ''));
    const done = await browser.submit('/password/reset', { password: newPassword, again: newPassword });
    expect(done.status).toBe(303);
  }

  it('ends the waits of the account for everybody', async () => {
    const app = await open();
    await storm(app, app.dev);
    await reset(app, openConsole(app));
    const { status } = await app.ask('/api/v1/sessions', { json: { email: app.dev.email, password: newPassword } });
    expect(status).toBe(201);
  });

  it('gives no new guesses at codes', async () => {
    const app = await open();
    const { secret } = await turnOn(app, app.dev);
    const browser = openConsole(app);
    await reset(app, browser);
    await storm(app, { email: `second step of ${app.dev.id}` }, 'code');
    app.clock.advance(30_000);
    await enter(browser, app.dev.email, newPassword);
    expect(await enterCode(app, browser, secret)).toBe(429);
  });

  it('makes the browser a known device, even if the storm goes on', async () => {
    const app = await open();
    const browser = openConsole(app);
    await reset(app, browser);
    await storm(app, app.dev);
    expect(await enter(openConsole(app), app.dev.email, newPassword)).toBe(429);
    expect(await enter(browser, app.dev.email, newPassword)).toBe(303);
  });
});
