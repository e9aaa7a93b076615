import { describe, expect, it, onTestFinished } from 'vitest';
import type { InvitedUser } from '../../../shared/schemas/accounts/users.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { cellsOf } from '../secrets/sqlite-rows.ts';

const password = 'another staple battery horse';
const engines = useEngines();

/** Adds a member and returns the path of the link, which the attacker has. */
async function stealInvitation(app: TestApp) {
  const response = await app.ask('/api/v1/users', { as: app.root, json: { email: 'ada@example.com' } });
  const { id, invitation } = await jsonOf<InvitedUser>(response);
  return { id, link: (invitation?.link ?? '').replace(app.config.publicUrl, '') };
}

async function accept(app: TestApp, link: string, next = password): Promise<number> {
  const browser = openConsole(app);
  const page = await browser.get(link);
  if (page.status !== 200) return page.status;
  return (await browser.submit('/invitation', { password: next, again: next })).status;
}

const signIn = async (app: TestApp, next = password) =>
  (await app.ask('/api/v1/sessions', { json: { email: 'ada@example.com', password: next } })).status;

const change = (app: TestApp, id: string, json: object) =>
  app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json });

describe.each(Object.entries(engines))('a stolen invitation on %s', (_engine, openStore) => {
  async function open(): Promise<TestApp> {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    return app;
  }

  it('does not work after the member has joined, however often it is tried', async () => {
    const app = await open();
    const { link } = await stealInvitation(app);
    expect(await accept(app, link)).toBe(303);
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await accept(app, link, 'the thief’s own password')).toBe(410);
    expect(await signIn(app)).toBe(201);
    expect(await signIn(app, 'the thief’s own password')).toBe(401);
  });

  it('sets one password for ten concurrent submissions', async () => {
    const app = await open();
    const { link } = await stealInvitation(app);
    const browsers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const browser = openConsole(app);
        await browser.get(link);
        return browser;
      }),
    );
    const shown = await Promise.all(
      browsers.map((browser, index) => {
        const next = `password number ${index} of ten`;
        return browser.submit('/invitation', { password: next, again: next });
      }),
    );
    expect(shown.map(({ status }) => status).filter((status) => status === 303)).toHaveLength(1);
    const events = await app.store.audit.list({ limit: 9, before: null, action: 'user.joined' });
    expect(events).toHaveLength(1);
  });

  it('does not work for a disabled account, and stays void after it is enabled again', async () => {
    const app = await open();
    const { id, link } = await stealInvitation(app);
    await change(app, id, { disabled: true });
    expect(await accept(app, link)).toBe(410);
    await change(app, id, { disabled: false });
    expect(await accept(app, link)).toBe(410);
  });

  it('does not work after another invitation or a sign-in through the identity provider', async () => {
    const app = await open();
    const { id, link } = await stealInvitation(app);
    await app.ask(`/api/v1/users/${id}/invitation`, { as: app.root, method: 'POST' });
    expect(await accept(app, link)).toBe(410);
    const again = await jsonOf<InvitedUser>(
      app.ask(`/api/v1/users/${id}/invitation`, { as: app.root, method: 'POST' }),
    );
    await app.store.users.bindIdentity(id, { issuer: 'https://id.example.com', subject: 'ada' });
    expect(await accept(app, (again.invitation?.link ?? '').replace(app.config.publicUrl, ''))).toBe(410);
  });

  it('sets no password if the account is disabled while the password is hashed', async () => {
    const app = await open();
    const { id, link } = await stealInvitation(app);
    const browser = openConsole(app);
    await browser.get(link);
    // The first transaction begins once the password is hashed.
    const { transaction } = app.store;
    const disabled = new Promise((resolve) => {
      app.store.transaction = async (work) => {
        app.store.transaction = transaction;
        resolve(await app.store.users.setDisabled(id, true));
        return transaction(work);
      };
    });
    const shown = await browser.submit('/invitation', { password, again: password });
    await disabled;
    expect(shown.status).toBe(410);
    expect((await app.store.users.findById(id))?.passwordHash).toBeNull();
  });
});

it('keeps the secret of an invitation out of the database and the log', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const { id, link } = await stealInvitation(app);
  const secret = link.split('=')[1] ?? '';
  await accept(app, link);
  await app.ask(`${link}&again=${secret}`);
  await change(app, id, { name: secret });
  for (const { table, column, value } of await cellsOf(app.path)) {
    expect({ table, column, found: value.includes(secret) }).toEqual({ table, column, found: false });
  }
  expect(app.logLines.join('')).not.toContain(secret);
});

it('offers no invitation to members, and none of their own links to superusers who look at them', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const { id, link } = await stealInvitation(app);
  expect((await app.ask(`/api/v1/users/${id}/invitation`, { as: app.dev, method: 'POST' })).status).toBe(403);
  for (const path of [`/api/v1/users/${id}`, '/api/v1/users', '/api/v1/audit?limit=200']) {
    expect(await (await app.ask(path, { as: app.root })).text()).not.toContain(link.split('=')[1]);
  }
});
