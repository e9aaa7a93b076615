import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import { type Member, openTestApp, password, type TestApp } from '../helpers/app/app.ts';
import { formsOf, messageAt, openConsole, textOf } from '../helpers/console/pages.ts';

const newPassword = 'another staple battery horse';

async function open(settings?: Partial<Config>) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.dev) };
}

const works = async (app: TestApp, session: string) =>
  (await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } })).status === 200;

/** Signs the member in from another device. */
async function signIn(app: TestApp, { email }: Member, ip = '198.51.100.7', userAgent: string | null = 'tokens/1.0') {
  const { session, secret } = await app.services.sessions.signIn(email, password, { ip, userAgent });
  return { id: session.id, secret: secret.reveal() };
}

const actionsOf = async (app: TestApp) =>
  (await app.store.audit.list({ limit: 100, before: null })).map(({ action, target }) => `${action} ${target.id}`);

it('shows the member’s name, email address, role and permission', async () => {
  const { app, browser } = await open();
  const page = await browser.get('/profile');
  expect(page.status).toBe(200);
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(textOf(page.html)).toContain('Email address dev@example.com Role Member');
  expect(textOf(page.html)).toContain('Can create and manage personal API tokens Yes');

  const ada = await app.addMember({ email: 'ada@example.com', name: 'Ada Lovelace', superuser: true });
  const { html } = await openConsole(app, ada).get('/profile');
  expect(textOf(html)).toContain('Name Ada Lovelace Email address ada@example.com Role Organization Superuser');
  expect(textOf(html)).toContain('Can create and manage personal API tokens No');
});

it('changes the password, ends the other sessions and keeps the current one', async () => {
  const { app, browser } = await open();
  const other = await signIn(app, app.dev);
  await browser.get('/profile');
  const done = await browser.submit('/profile/password', { current: password, new: newPassword, again: newPassword });
  expect([done.status, done.location]).toEqual([303, messageAt('/profile', 'password-changed')]);
  const page = await browser.get(done.location ?? '');
  expect(textOf(page.html)).toContain('Your password was changed. You were signed out everywhere else.');
  expect(await works(app, other.secret)).toBe(false);
  await expect(signIn(app, app.dev)).rejects.toThrow('The email address or the password is wrong.');
  const again = { ip: null, userAgent: null };
  await expect(app.services.sessions.signIn(app.dev.email, newPassword, again)).resolves.toBeDefined();
  expect(await actionsOf(app)).toContain(`user.password_changed ${app.dev.id}`);
});

it('shows why a new password was rejected, beside its field and without the entered values', async () => {
  const { app, browser } = await open();
  const other = await signIn(app, app.dev);
  const refusals: Array<[Record<string, string>, number, string, string]> = [
    [{ current: 'not this one' }, 403, 'current', 'The current password is wrong.'],
    [{ new: 'short', again: 'short' }, 400, 'new', 'This password is too short.'],
    [{ new: 'dev@example.com', again: 'dev@example.com' }, 400, 'new', 'This password is your email address.'],
    [{ again: 'something else entirely' }, 400, 'again', 'The passwords do not match.'],
  ];
  for (const [fields, status, field, message] of refusals) {
    await browser.get('/profile');
    const typed = { current: password, new: newPassword, again: newPassword, ...fields };
    const page = await browser.submit('/profile/password', typed);
    expect(page.status, message).toBe(status);
    expect(new RegExp(`id="${field}-error">([^<]*)`).exec(page.html)?.[1]).toContain(message);
    expect(page.html.match(/aria-invalid="true"/g)).toHaveLength(1);
    expect(page.html).toContain('role="alert"');
    for (const secret of [password, newPassword, 'not this one', 'something else entirely']) {
      expect(page.html).not.toContain(secret);
    }
  }
  expect(await works(app, other.secret)).toBe(true);
  await expect(signIn(app, app.dev)).resolves.toBeDefined();
});

it('limits guesses of the current password and says how long to wait', async () => {
  const { browser } = await open();
  await browser.get('/profile');
  const guess = () => browser.submit('/profile/password', { current: 'guess', new: newPassword, again: newPassword });
  let page = await guess();
  for (let i = 0; i < 6 && page.status === 403; i += 1) page = await guess();
  expect(page.status).toBe(429);
  expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(/role="alert"[^>]*>([^<]*)/.exec(page.html)?.[1]).toMatch(/Wait \d+ s, then try again/);
});

it('explains why a member has no password, and sets none', async () => {
  const { app } = await open();
  const { id } = await app.services.users.createBy(
    { kind: 'system', id: null, email: null },
    { ip: null, userAgent: null },
    { email: 'sso@example.com' },
  );
  const browser = openConsole(app, { id, email: 'sso@example.com', password: '', session: await app.signIn(id) });
  const { html } = await browser.get('/profile');
  expect(textOf(html)).toContain("you sign in with your organization's single sign-on");
  expect(html).not.toContain('type="password"');
  const { form_token = '' } = formsOf(html)[0]?.hidden ?? {};
  const fields = { form_token, current: '', new: newPassword, again: newPassword };
  expect((await browser.post('/profile/password', fields)).status).toBe(403);
  expect((await app.store.users.findById(id))?.passwordHash).toBeNull();
});

it('lists active sessions with device and times, and marks the current one', async () => {
  const limits = { idle: 12 * 60 * 60, max: 30 * 24 * 60 * 60 };
  const { app, browser } = await open({ sessionLimits: { console: limits, program: limits } });
  const idle = await signIn(app, app.dev, '192.0.2.1');
  app.clock.advance(12 * 60 * 60_000 - 120_000);
  await browser.get('/profile');
  const cli = await signIn(app, app.dev);
  await signIn(app, app.root, '192.0.2.2');
  const list = async () => {
    const { html } = await browser.get('/profile');
    return [...html.matchAll(/<tr>.*?<\/tr>/gs)].slice(1).map(([row]) => textOf(row));
  };
  expect(await list()).toEqual([
    'tokens 1.0 198.51.100.7 now now End',
    'Unknown device Unknown IP address this session 11 hours ago now',
    'tokens 1.0 192.0.2.1 11 hours ago 11 hours ago End',
  ]);
  app.clock.advance(119_999);
  expect(await list()).toHaveLength(3);
  app.clock.advance(1);
  expect(await works(app, idle.secret)).toBe(false);
  expect(await list()).toHaveLength(2);
  expect(await works(app, cli.secret)).toBe(true);
});

it('ends one session after confirmation, and audits it', async () => {
  const { app, browser } = await open();
  const [one, two] = [await signIn(app, app.dev), await signIn(app, app.dev, '192.0.2.1')];
  const { html } = await browser.get(`/profile?dialog=end-session&id=${one.id}`);
  const dialog = html.slice(html.indexOf('<dialog'));
  expect(textOf(dialog)).toContain('End this session?');
  expect(textOf(dialog)).toContain('tokens 1.0 198.51.100.7');
  expect(html).toContain(`data-close="/profile#end-${one.id}"`);
  expect(await works(app, one.secret)).toBe(true);

  const done = await browser.submit(`/profile/sessions/${one.id}/end`);
  expect([done.status, done.location]).toEqual([303, messageAt('/profile', 'session-ended')]);
  expect(textOf((await browser.get(done.location ?? '')).html)).toContain('The session was ended.');
  expect(await works(app, one.secret)).toBe(false);
  expect(await works(app, two.secret)).toBe(true);
  expect(await actionsOf(app)).toContain(`session.ended ${one.id}`);

  const late = await browser.get(`/profile?dialog=end-session&id=${one.id}`);
  expect(late.status).toBe(404);
  expect(textOf(late.html)).toContain('It may have ended already.');
});

it('advises members with passkeys to check these too before a session is ended', async () => {
  const { app, browser } = await open();
  const { id } = await signIn(app, app.dev);
  const dialog = async () => {
    const { html } = await browser.get(`/profile?dialog=end-session&id=${id}`);
    return html.slice(html.indexOf('<dialog'), html.indexOf('</dialog>'));
  };
  expect(textOf(await dialog())).toContain('change your password too.');
  expect(await dialog()).not.toContain('passkey');
  await app.store.passkeys.insert({
    ...{ id: 'p1', userId: app.dev.id, credentialId: 'c1', publicKey: 'k1', counter: 0, transports: '[]' },
    ...{ backedUp: false, rpId: 'tokens.example.com', name: 'Laptop', createdAt: 0, lastUsedAt: null },
  });
  expect(textOf(await dialog())).toContain(
    'change your password too, and remove the passkeys that you do not recognize',
  );
  expect(await dialog()).toContain('href="/profile/passkeys"');
});

it('ends all other sessions of the member, and audits each', async () => {
  const { app, browser } = await open();
  expect((await browser.get('/profile')).html).not.toContain('End all others');
  const others = [await signIn(app, app.dev), await signIn(app, app.dev)];
  const foreign = await signIn(app, app.root);
  expect((await browser.get('/profile')).html).toContain('href="/profile?dialog=end-others"');
  await browser.get('/profile?dialog=end-others');
  const done = await browser.submit('/profile/sessions/end-others');
  expect([done.status, done.location]).toEqual([303, messageAt('/profile', 'sessions-ended')]);
  expect(textOf((await browser.get(done.location ?? '')).html)).toContain('All your other sessions were ended.');
  for (const { id, secret } of others) {
    expect(await works(app, secret)).toBe(false);
    expect(await actionsOf(app)).toContain(`session.ended ${id}`);
  }
  expect(await works(app, foreign.secret)).toBe(true);
});

it('returns the same 404 for another member’s session and for one that does not exist', async () => {
  const { app } = await open();
  for (const [mine, theirs] of [
    [app.dev, app.root],
    [app.root, app.dev],
  ] as const) {
    const browser = openConsole(app, mine);
    const foreign = await signIn(app, theirs);
    const { form_token = '' } = formsOf((await browser.get('/profile')).html)[0]?.hidden ?? {};
    const answers = new Set<string>();
    for (const id of [foreign.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b', 'nonsense']) {
      const shown = await browser.get(`/profile?dialog=end-session&id=${id}`);
      const posted = await browser.post(`/profile/sessions/${id}/end`, { form_token });
      for (const { status, html } of [shown, posted]) {
        expect(status).toBe(404);
        answers.add(textOf(html).replace(/[0-9a-f-]{36}/, ''));
      }
    }
    expect(answers.size).toBe(1);
    expect(await works(app, foreign.secret)).toBe(true);
  }
});

it('escapes user agents, IP addresses and names', async () => {
  const { app } = await open();
  const payload = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
  const member = await app.addMember({ email: 'x@example.com', name: `</title>${payload}` });
  const { id } = await signIn(app, member, payload, `${payload} ${'long '.repeat(40)}`);
  const browser = openConsole(app, member);
  for (const path of [
    '/profile',
    `/profile?dialog=end-session&id=${id}`,
    `/profile?done=${encodeURIComponent(payload)}`,
  ]) {
    const { html } = await browser.get(path);
    expect(html.match(/<script|<img/g)).toHaveLength(1);
    expect(textOf(html)).toContain(payload);
  }
});

it('changes nothing for a form without our form token or from another site', async () => {
  const { app, browser } = await open();
  const other = await signIn(app, app.dev);
  const { form_token = '' } = formsOf((await browser.get('/profile')).html)[0]?.hidden ?? {};
  const foreign = formsOf((await openConsole(app, app.root).get('/profile')).html)[0]?.hidden.form_token ?? '';
  const attempts: Array<[Record<string, string>, Record<string, string>]> = [
    [{ form_token: '' }, {}],
    [{ form_token: foreign }, {}],
    [{}, { 'Sec-Fetch-Site': 'cross-site' }],
    [{}, { 'Sec-Fetch-Site': '', Origin: 'null' }],
  ];
  const typed = { current: password, new: newPassword, again: newPassword };
  for (const [fields, headers] of attempts) {
    for (const path of ['/profile/password', `/profile/sessions/${other.id}/end`, '/profile/sessions/end-others']) {
      const answer = await browser.post(path, { form_token, ...typed, ...fields }, headers);
      expect(answer.status, JSON.stringify([path, fields, headers])).toBe(403);
    }
  }
  expect(await works(app, other.secret)).toBe(true);
  await expect(signIn(app, app.dev)).resolves.toBeDefined();
});

it('sends a visitor to sign in and then back to the page', async () => {
  const { app } = await open();
  const stranger = openConsole(app);
  expect((await stranger.get('/profile')).location).toBe('/login?next=%2Fprofile');
  await stranger.get('/login?next=%2Fprofile');
  const entered = await stranger.submit('/login', { email: app.dev.email, password });
  expect(entered.location).toBe('/profile');
  expect((await stranger.get('/profile')).status).toBe(200);
});
