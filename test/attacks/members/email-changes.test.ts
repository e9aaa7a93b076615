import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { messageAt, openConsole } from '../../helpers/console/pages.ts';
import { cellsOf } from '../secrets/sqlite-rows.ts';

const engines = useEngines();
const evil = 'thief@evil.example';

/** Asks for another address in the member's session, as a thief of the session would who also knows the password. */
async function askFor(app: TestApp, email = evil, session = app.dev.session) {
  const browser = openConsole(app, { ...app.dev, session });
  await browser.get('/profile');
  return browser.submit('/profile/email', { email, password: app.dev.password });
}

async function linkTo(app: TestApp, to = evil): Promise<string> {
  const mail = (await app.mails()).findLast((sent) => sent.to === to && sent.text.includes('token='));
  return /https:\/\/\S+(\/profile\/email\/confirm\?token=\S+)/.exec(mail?.text ?? '')?.[1] ?? '';
}

/** Opens the link in another browser of the member, and confirms. Returns the status, or where the browser is sent. */
async function confirm(app: TestApp, link: string, { id } = app.dev): Promise<number | string | null> {
  const browser = openConsole(app, { ...app.dev, session: await app.signIn(id) });
  const page = await browser.get(link);
  const shown = page.status === 200 ? await browser.submit('/profile/email/confirm') : page;
  return shown.location?.replace(/\?.*/, '') ?? shown.status;
}

const emailOf = async (app: TestApp) => (await app.store.users.findById(app.dev.id))?.email;

describe.each(Object.entries(engines))('a change of address on %s', (_engine, openStore) => {
  async function open(): Promise<TestApp> {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    return app;
  }

  it.each<[string, (app: TestApp) => Promise<unknown>, (number | string)?]>([
    [
      'the member signed out',
      async (app) => {
        const browser = openConsole(app, app.dev);
        await browser.get('/logout');
        await browser.submit('/logout');
      },
    ],
    [
      'the member ended that session from another one',
      async (app) => {
        const other = await app.signIn(app.dev.id);
        const found = await app.services.sessions.authenticate(app.dev.session);
        const browser = openConsole(app, { ...app.dev, session: other });
        await browser.get(`/profile?dialog=end-session&id=${found?.session.id}`);
        await browser.submit(`/profile/sessions/${found?.session.id}/end`);
      },
    ],
    [
      'the member changed the password',
      (app) =>
        app.ask('/api/v1/me/password', {
          method: 'PUT',
          as: app.dev,
          json: { current: app.dev.password, new: 'another staple battery horse' },
        }),
    ],
    ['the account was disabled', (app) => update(app, { disabled: true }), '/login'],
    [
      'the account was disabled and enabled again',
      async (app) => {
        await update(app, { disabled: true });
        await update(app, { disabled: false });
      },
    ],
    ['a superuser changed the address', (app) => update(app, { email: 'rescued@example.com' })],
    [
      'the account was deleted',
      (app) => app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' }),
      '/login',
    ],
    [
      'the member began to use single sign-on',
      async (app) => {
        await app.store.users.setPasswordUntilSso(app.dev.id, 'x');
        await app.store.users.removePasswordUntilSso(app.dev.id);
        await app.store.users.bindIdentity(app.dev.id, { issuer: 'https://id.example.com', subject: 'dev' });
      },
    ],
  ])('cannot be confirmed after %s', async (_what, happens, outcome = 410) => {
    const app = await open();
    await askFor(app);
    const link = await linkTo(app);
    await happens(app);
    expect(await confirm(app, link)).toBe(outcome);
    expect(await emailOf(app)).not.toBe(evil);
  });

  it('cannot be confirmed by another member or a visitor, who could be tricked into it', async () => {
    const app = await open();
    await askFor(app, 'director@example.com');
    const link = await linkTo(app, 'director@example.com');
    const director = await app.addMember({ email: 'other@example.com' });
    expect(await confirm(app, link, director)).toBe(410);
    expect((await openConsole(app).get(link)).location).toMatch(/^\/login\?next=/);
    const browser = openConsole(app, director);
    const form_token = /name="form_token" value="([^"]*)"/.exec((await browser.get('/profile')).html)?.[1] ?? '';
    const token = link.split('token=')[1] ?? '';
    expect((await browser.post('/profile/email/confirm', { form_token, token })).status).toBe(410);
    expect(await emailOf(app)).toBe('dev@example.com');
    expect(await confirm(app, link), 'the link still works for the member').toBe('/profile');
  });

  const update = (app: TestApp, json: object) =>
    app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json });

  it('sends no link if the session ends before the mail is sent', async () => {
    const app = await open();
    await askFor(app);
    const found = await app.services.sessions.authenticate(app.dev.session);
    await app.store.sessions.delete(found?.session.id ?? '', app.dev.id);
    expect((await app.mails()).map(({ to }) => to)).toEqual(['dev@example.com']);
  });

  it('cannot take another member’s address, and does not reveal before that it is one', async () => {
    const app = await open();
    const asked = await askFor(app, 'ROOT@example.com');
    expect([asked.status, asked.location]).toEqual([303, messageAt('/profile', 'email-change-unmailed')]);
    expect(await confirm(app, await linkTo(app, 'ROOT@example.com'))).toBe(409);
    expect(await emailOf(app)).toBe('dev@example.com');
    expect((await app.store.users.findById(app.root.id))?.email).toBe('root@example.com');
  });

  it('goes to one of two members who confirm the same address at the same time', async () => {
    const app = await open();
    const other = await app.addMember({ email: 'other@example.com' });
    await askFor(app, 'wanted@example.com');
    const first = await linkTo(app, 'wanted@example.com');
    const browser = openConsole(app, other);
    await browser.get('/profile');
    await browser.submit('/profile/email', { email: 'Wanted@example.com', password: other.password });
    const second = await linkTo(app, 'Wanted@example.com');
    const statuses = await Promise.all([confirm(app, first), confirm(app, second, other)]);
    expect(statuses.map(String).sort()).toEqual(['/profile', '409']);
    const { items } = await jsonOf<{ items: unknown[] }>(
      app.ask('/api/v1/users?email=wanted@example.com', { as: app.root }),
    );
    expect(items).toHaveLength(1);
  });

  it('gives an address to one of a member and a new member who get it at the same moment', async () => {
    const app = await open();
    for (let round = 0; round < 5; round += 1) {
      const email = `wanted.${round}@example.com`;
      const [added, changed] = await Promise.all([
        app.ask('/api/v1/users', { as: app.root, json: { email: email.toUpperCase() } }),
        update(app, { email }),
      ]);
      expect([added.ok, changed.ok].filter(Boolean)).toHaveLength(1);
      expect([added.status, changed.status]).toContain(409);
    }
  });

  it('cannot take an address that another member has in another spelling', async () => {
    const app = await open();
    await app.addMember({ email: 'straße@example.com' });
    expect((await update(app, { email: 'STRASSE@example.com' })).status).toBe(409);
    await askFor(app, 'strasse@example.com');
    expect(await confirm(app, await linkTo(app, 'strasse@example.com'))).toBe(409);
    expect(await emailOf(app)).toBe('dev@example.com');
  });

  it('is made once by ten concurrent confirmations', async () => {
    const app = await open();
    await askFor(app, 'new@example.com');
    const link = await linkTo(app, 'new@example.com');
    const statuses = await Promise.all(Array.from({ length: 10 }, () => confirm(app, link)));
    expect(statuses.filter((status) => status === '/profile')).toHaveLength(1);
    const events = await app.store.audit.list({ limit: 9, before: null, action: 'user.email_changed' });
    expect(events).toHaveLength(1);
  });
});

it('needs the password, so that a stolen session is not enough', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const browser = openConsole(app, app.dev);
  await browser.get('/profile');
  expect((await browser.submit('/profile/email', { email: evil, password: 'guessed guessed' })).status).toBe(403);
  expect(await app.mails()).toEqual([]);
});

it('keeps the secret of its link out of the database and the log', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  await askFor(app, 'new@example.com');
  const link = await linkTo(app, 'new@example.com');
  const secret = link.split('=')[1] ?? '';
  expect(secret).toMatch(/^address_/);
  const search = async () => (await cellsOf(app.path)).filter(({ value }) => value.includes(secret));
  expect(await search()).toEqual([]);
  expect(await confirm(app, link)).toBe('/profile');
  expect(await search()).toEqual([]);
  expect(app.logLines.join('')).not.toContain(secret);
});
