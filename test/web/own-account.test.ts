import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../helpers/console/pages.ts';

const day = 24 * 60 * 60 * 1000;

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const browser = openConsole(app, app.dev);
  await browser.get('/profile');
  return { app, browser };
}

async function ask(app: TestApp, email = 'new@example.com', password = app.dev.password) {
  const browser = openConsole(app, app.dev);
  await browser.get('/profile');
  return browser.submit('/profile/email', { email, password });
}

/** Returns the paths of the links mailed to an address, oldest first. */
async function linksTo(app: TestApp, to = 'new@example.com'): Promise<string[]> {
  const mails = (await app.mails()).filter((mail) => mail.to === to);
  return mails.flatMap(({ text }) => /https:\/\/\S+(\/profile\/email\/confirm\?token=\S+)/.exec(text)?.[1] ?? []);
}

/** Opens the link in another browser of the member, and confirms. */
async function confirm(app: TestApp, link = '') {
  const browser = openConsole(app, { ...app.dev, session: await app.signIn(app.dev.id) });
  const page = await browser.get(link);
  return page.status === 200 ? browser.submit('/profile/email/confirm') : page;
}

const emailOf = async (app: TestApp) => (await app.store.users.findById(app.dev.id))?.email;

describe('the own name', () => {
  it('changes at once, and may be empty', async () => {
    const { app, browser } = await open();
    expect((await browser.submit('/profile/name', { name: '  Dev Patel ' })).location).toEqual(
      messageAt('/profile', 'name-changed'),
    );
    expect((await app.store.users.findById(app.dev.id))?.name).toBe('Dev Patel');
    const { html } = await browser.get('/profile');
    expect(html).toContain('value="Dev Patel"');
    expect((await browser.submit('/profile/name', { name: '' })).status).toBe(303);
    const events = await app.store.audit.list({ limit: 9, before: null, action: 'user.renamed' });
    expect(events).toMatchObject([{ actor: { id: app.dev.id } }, { actor: { id: app.dev.id } }]);
  });

  it('is rejected with the reason at the field, and shown again', async () => {
    const { app, browser } = await open();
    const shown = await browser.submit('/profile/name', { name: 'x'.repeat(65) });
    expect(shown.status).toBe(400);
    expect(textOf(shown.html)).toContain('at most 64 characters');
    expect(shown.html).toContain('x'.repeat(65));
    expect((await app.store.users.findById(app.dev.id))?.name).toBe('');
  });
});

describe('the own email address', () => {
  it('changes when the link is opened that was mailed to the new one', async () => {
    const { app } = await open();
    expect((await ask(app)).location).toEqual(messageAt('/profile', 'email-change-unmailed'));
    expect(await emailOf(app)).toBe('dev@example.com');
    const requested = await app.mails();
    expect(requested.map(({ to, subject }) => [to, subject])).toEqual([
      ['new@example.com', 'Confirm your new email address'],
      ['dev@example.com', 'Another email address was requested'],
    ]);
    expect(requested[1]?.text).toContain('new@example.com');
    expect(requested[1]?.text).not.toContain('token=');
    const [link = ''] = await linksTo(app);
    const shown = textOf((await openConsole(app, app.dev).get(link)).html);
    expect(shown).toMatch(/Present address dev@example\.com New address new@example\.com/);
    expect(await emailOf(app), 'opening the link changes nothing').toBe('dev@example.com');
    expect((await confirm(app, link)).location).toEqual(messageAt('/profile', 'email-changed'));
    expect(await emailOf(app)).toBe('new@example.com');
    const changed = (await app.mails()).slice(2);
    expect(changed.map(({ to }) => to)).toEqual(['dev@example.com', 'new@example.com']);
    const events = await app.store.audit.list({ limit: 9, before: null, participant: app.dev.id });
    expect(events.map(({ action }) => action)).toEqual(['user.email_changed', 'user.email_change_requested']);
  });

  it('tells the new address nothing about the member, because it may be a stranger’s', async () => {
    const { app, browser } = await open();
    await browser.submit('/profile/name', { name: 'Dev Patel' });
    await ask(app);
    const mail = (await app.mails()).find(({ to }) => to === 'new@example.com');
    expect(`${mail?.text}${mail?.html}`).not.toMatch(/dev@example|Dev Patel|203\.0\.113/);
  });

  it('changes after a sign-in, if the link is opened in a browser without a session', async () => {
    const { app } = await open();
    await ask(app);
    const [link = ''] = await linksTo(app);
    const browser = openConsole(app);
    const { location } = await browser.get(link);
    await browser.get(location ?? '');
    const signedIn = await browser.submit('/login', { email: app.dev.email, password: app.dev.password });
    expect(signedIn.location).toBe(link);
    await browser.get(link);
    expect((await browser.submit('/profile/email/confirm')).location).toEqual(messageAt('/profile', 'email-changed'));
  });

  it('needs the password, an address, and another one than now', async () => {
    const { app } = await open();
    for (const [email, password, status, reason] of [
      ['new@example.com', 'wrong', 403, 'The current password is wrong.'],
      ['nonsense', app.dev.password, 400, 'Enter an email address'],
      ['dev@example.com', app.dev.password, 400, 'This is your email address already.'],
    ] as const) {
      const shown = await ask(app, email, password);
      expect([shown.status, textOf(shown.html)]).toEqual([status, expect.stringContaining(reason)]);
      expect(shown.html).toContain(`value="${email}"`);
      expect(shown.html).not.toContain(app.dev.password);
    }
    expect(await app.mails()).toEqual([]);
  });

  it('can be asked for three times an hour, and only the last link works', async () => {
    const { app } = await open();
    const links: string[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await ask(app, `new-${attempt}@example.com`)).status).toBe(303);
      links.push(...(await linksTo(app, `new-${attempt}@example.com`)));
    }
    expect((await ask(app)).status).toBe(429);
    expect((await confirm(app, links[0])).status).toBe(410);
    expect((await confirm(app, links[2])).status).toBe(303);
    expect((await confirm(app, links[2])).status, 'a link works once').toBe(410);
    expect(await emailOf(app)).toBe('new-2@example.com');
  });

  it('keeps the link for 24 hours', async () => {
    const { app } = await open();
    await ask(app);
    const [link = ''] = await linksTo(app);
    app.clock.advance(day - 1);
    const session = async () => ({ ...app.dev, session: await app.signIn(app.dev.id) });
    expect((await openConsole(app, await session()).get(link)).status).toBe(200);
    app.clock.advance(1);
    expect((await openConsole(app, await session()).get(link)).status).toBe(410);
  });

  it('comes from the identity provider for a member with single sign-on', async () => {
    const { app } = await open();
    await app.store.users.setPasswordUntilSso(app.dev.id, 'x');
    await app.store.users.removePasswordUntilSso(app.dev.id);
    await app.store.users.bindIdentity(app.dev.id, { issuer: 'https://id.example.com', subject: 'dev' });
    const browser = openConsole(app, app.dev);
    const { html } = await browser.get('/profile');
    expect(html).not.toContain('action="/profile/email"');
    expect(textOf(html)).toContain("comes from your organization's single sign-on");
    const form_token = /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
    const shown = await browser.post('/profile/email', { form_token, email: 'new@example.com', password: 'x' });
    expect(shown.status).toBe(409);
  });
});
