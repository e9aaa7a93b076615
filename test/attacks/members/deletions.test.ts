import { describe, expect, it, onTestFinished } from 'vitest';
import type { InvitedUser } from '../../../shared/schemas/accounts/users.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { personAt, ssoConfig } from '../../helpers/app/sso.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';
import { cellsOf } from '../secrets/sqlite-rows.ts';

const engines = useEngines();

const remove = (app: TestApp, { id }: { id: string }, as: Member) =>
  app.ask(`/api/v1/users/${id}`, { as, method: 'DELETE' });
const noClient = { ip: null, userAgent: null };
const linkIn = (mails: Array<{ text: string }>, path: string) =>
  mails
    .map(({ text }) => /https:\/\/[^/]+(\/\S+\?token=\S+)/.exec(text)?.[1])
    .findLast((link) => link?.startsWith(path)) ?? '';
const enabledSuperusers = async (app: TestApp) => (await app.store.users.superuserEmails(9)).length;

describe.each(Object.entries(engines))('deletion on %s', (_engine, openStore) => {
  async function open(): Promise<TestApp> {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    return app;
  }

  it('leaves one superuser if two delete each other at the same moment', async () => {
    const app = await open();
    for (let round = 0; round < 5; round += 1) {
      const pair = [
        await app.addMember({ email: `one.${round}@example.com`, superuser: true }),
        await app.addMember({ email: `two.${round}@example.com`, superuser: true }),
      ] as const;
      for (const other of await app.store.users.list({ limit: 200, before: null })) {
        if (!pair.some(({ id }) => id === other.id)) await app.store.users.setSuperuser(other.id, false);
      }
      const responses = await Promise.all([remove(app, pair[1], pair[0]), remove(app, pair[0], pair[1])]);
      expect(responses.filter(({ status }) => status === 204)).toHaveLength(1);
      expect(await enabledSuperusers(app)).toBe(1);
    }
  });

  it.each([{ superuser: false }, { disabled: true }])(
    'leaves one superuser if one is deleted while they change the other: %j',
    async (json) => {
      const app = await open();
      for (let round = 0; round < 5; round += 1) {
        const other = await app.addMember({ email: `other.${round}@example.com`, superuser: true });
        const responses = await Promise.all([
          remove(app, other, app.root),
          app.ask(`/api/v1/users/${app.root.id}`, { as: other, method: 'PATCH', json }),
        ]);
        expect(responses.filter(({ ok }) => ok)).toHaveLength(1);
        expect(await enabledSuperusers(app)).toBe(1);
        if (responses[0]?.ok) continue;
        await app.store.users.setSuperuser(app.root.id, true);
        await app.store.users.setDisabled(app.root.id, false);
        app.root.session = await app.signIn(app.root.id);
        await app.store.users.setSuperuser(other.id, false);
      }
    },
  );

  it('is not undone by the member who is creating tokens and sessions all the while', async () => {
    const app = await open();
    const values: string[] = [];
    let running = true;
    const insistent = (async () => {
      for (let n = 0; running; n += 1) {
        const response = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: `made ${n}` } });
        if (response.status === 201) values.push(((await response.json()) as { token: string }).token);
        else await app.services.sessions.signIn(app.dev.email, app.dev.password, noClient).catch(() => undefined);
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await remove(app, app.dev, app.root)).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 200));
    running = false;
    await insistent;
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(await verdict(app, value)).toBe('revoked');
    expect(await app.store.users.findById(app.dev.id)).toBeNull();
  });

  it('takes with it every approval and link that could become a session', async () => {
    const app = await open();
    const device = await beginDevice(app);
    const browser = openConsole(app, app.dev);
    await browser.get('/device');
    const { location } = await browser.submit('/device', { user_code: device.user_code });
    await browser.get(location ?? '');
    expect((await browser.submit('/device/approve', { decision: 'approve' })).status).toBe(200);
    await requestPasswordLink(app, app.dev.email);
    const reset = linkIn(await app.mails(), '/password/reset');
    const typo = await jsonOf<InvitedUser>(
      app.ask('/api/v1/users', { as: app.root, json: { email: 'typo@example.com' } }),
    );
    const invitation = (typo.invitation?.link ?? '').replace(app.config.publicUrl, '');
    for (const path of [reset, invitation]) expect((await openConsole(app).get(path)).status).toBe(200);

    for (const member of [app.dev, typo]) expect((await remove(app, member, app.root)).status).toBe(204);
    for (const { email } of [app.dev, typo]) {
      expect((await app.ask('/api/v1/users', { as: app.root, json: { email } })).status).toBe(201);
    }
    app.clock.advance(5000);
    expect((await pollDevice(app, device)).status).toBe(400);
    for (const path of [reset, invitation]) expect((await openConsole(app).get(path)).status).toBe(410);
    const subjects = (await app.mails()).filter(({ to }) => to === app.dev.email).map(({ subject }) => subject);
    expect(subjects).toEqual(['Set your password', 'Your account was deleted']);
    expect(await app.store.sessions.listOf(app.dev.id, app.services.sessionLifetimes.bounds(), 100)).toEqual([]);
  });

  it('wins over single sign-ons at the same moment', async () => {
    const issuer = 'https://sso.example.com';
    const app = await openTestApp({ oidc: ssoConfig(issuer, { autoProvision: false }) }, openStore());
    onTestFinished(app.close);
    for (let round = 0; round < 5; round += 1) {
      const subject = `ada ${round}`;
      const email = `ada.${round}@example.com`;
      const person = personAt(issuer, { subject, email, name: 'Ada Lovelace' });
      await app.ask('/api/v1/users', { as: app.root, json: { email, invite: false } });
      const signIn = () => app.services.sso?.signIn(person, noClient).catch(() => null);
      const user = (await signIn())?.user ?? expect.fail();
      const signIns = Array.from({ length: 5 }, signIn);
      expect((await remove(app, user, app.root)).status).toBe(204);
      await Promise.all(signIns);
      expect(await signIn()).toBeNull();
      expect(await app.store.sessions.listOf(user.id, app.services.sessionLifetimes.bounds(), 100)).toEqual([]);
      expect(await app.store.users.findByEmail(email)).toBeNull();
    }
  });

  it('is denied to members, also for themselves', async () => {
    const app = await open();
    for (const target of [app.root, app.dev]) expect((await remove(app, target, app.dev)).status).toBe(403);
  });
});

it('leaves the address, the name and the credentials of the member in no row', async () => {
  const app = await openTestApp({ smtpUrl: 'smtp://127.0.0.1:1' });
  onTestFinished(app.close);
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { name: 'Zebedee Quux' } });
  await app.services.sessions.signIn(app.dev.email, 'a wrong password', noClient).catch(() => undefined);
  await app.services.sessions.signIn(app.dev.email, app.dev.password, noClient);
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'DELETE' });
  await createToken(app, app.dev, { name: 'laptop' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { email: 'quux@example.com' } });
  await app.store.users.setPasswordHash(app.dev.id, '$argon2id$of-this-member-only');
  await remove(app, app.dev, app.root);
  // The last mail, which is purged a week after it was sent, still has the address.
  await app.mails();
  app.clock.advance(8 * 24 * 60 * 60 * 1000);
  await app.store.outbox.purgeSent(app.clock.now() - 7 * 24 * 60 * 60 * 1000, 100);
  const secrets = ['quux@example.com', 'dev@example.com', 'Zebedee', 'of-this-member-only'];
  const found = (await cellsOf(app.path)).filter(({ value }) => secrets.some((secret) => value.includes(secret)));
  expect(found.map(({ table, column, value }) => `${table}.${column}: ${value.slice(0, 80)}`)).toEqual([]);
});
