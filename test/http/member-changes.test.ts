import { describe, expect, it, onTestFinished } from 'vitest';
import { pseudonymOf } from '../../server/pseudonym.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { openConsole } from '../helpers/console/pages.ts';
import { requestPasswordLink } from '../helpers/sign-in/password-links.ts';

const identity = { issuer: 'https://id.example.com', subject: 'dev' };

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}

const edit = (app: TestApp, { id }: { id: string }, json: object, as: Member = app.root) =>
  app.ask(`/api/v1/users/${id}`, { as, method: 'PATCH', json });
const remove = (app: TestApp, { id }: { id: string }, as: Member = app.root) =>
  app.ask(`/api/v1/users/${id}`, { as, method: 'DELETE' });
const signIn = async (app: TestApp, email: string, password: string) =>
  (await app.ask('/api/v1/sessions', { json: { email, password } })).status;
const eventsOf = async (app: TestApp, action: string) => {
  const { items } = await jsonOf<{ items: object[] }>(app.ask(`/api/v1/audit?action=${action}`, { as: app.root }));
  return items;
};

/** Returns a member who signs in through the identity provider. */
async function addSsoMember(app: TestApp) {
  const user = await app.ask('/api/v1/users', { as: app.root, json: { email: 'sso@example.com' } });
  const { id } = await jsonOf<User>(user);
  await app.store.users.bindIdentity(id, identity);
  return { id };
}

describe('a new email address', () => {
  it('is what the member signs in with, mailed to both addresses and audited', async () => {
    const app = await open();
    const changed = await edit(app, app.dev, { email: 'Ada@Example.com', name: 'Ada' });
    expect(await jsonOf(changed)).toMatchObject({ email: 'Ada@Example.com', name: 'Ada' });
    expect(await signIn(app, 'ada@example.com', app.dev.password)).toBe(201);
    expect(await signIn(app, 'dev@example.com', app.dev.password)).toBe(401);
    expect((await app.ask('/api/v1/me', { as: app.dev })).status, 'the session continues').toBe(200);
    const mails = await app.mails();
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ['dev@example.com', 'Your email address was changed'],
      ['Ada@Example.com', 'Your email address was changed'],
    ]);
    for (const { text } of mails) {
      for (const fact of ['dev@example.com', 'Ada@Example.com', 'root@example.com']) expect(text).toContain(fact);
    }
    expect(await eventsOf(app, 'user.email_changed')).toMatchObject([
      { actor: { email: 'root@example.com' }, target: { id: app.dev.id, name: 'Ada@Example.com' } },
    ]);
  });

  it.each(['root@example.com', 'ROOT@EXAMPLE.COM', ' root@example.com '])(
    'is rejected if another member has it under folding: %j',
    async (email) => {
      const app = await open();
      const response = await edit(app, app.dev, { email, name: 'Not saved' });
      expect(await jsonOf(response)).toMatchObject({ status: 409, code: 'email-taken' });
      expect(await app.store.users.findById(app.dev.id)).toMatchObject({ email: 'dev@example.com', name: '' });
      expect(await app.mails()).toEqual([]);
    },
  );

  it('may differ from the earlier one only in letter case, and is no change if it is the same', async () => {
    const app = await open();
    expect((await edit(app, app.dev, { email: 'DEV@example.com' })).status).toBe(200);
    expect((await edit(app, app.dev, { email: 'DEV@example.com' })).status).toBe(200);
    expect(await eventsOf(app, 'user.email_changed')).toHaveLength(1);
  });

  it('is rejected with a reason for a member whose address comes from the identity provider', async () => {
    const app = await open();
    const member = await addSsoMember(app);
    const response = await edit(app, member, { email: 'other@example.com' });
    expect(await jsonOf(response)).toMatchObject({
      status: 409,
      code: 'email-from-sso',
      detail: expect.stringContaining('identity provider'),
    });
    expect((await edit(app, member, { name: 'Renamed' })).status).toBe(200);
  });

  it('voids a mailed link to set a password, sent or still queued', async () => {
    const app = await open();
    const request = () => requestPasswordLink(app, 'dev@example.com');
    await request();
    const link = /\/password\/reset\?token=\S+/.exec((await app.mails())[0]?.text ?? '')?.[0] ?? '';
    expect((await openConsole(app).get(link)).status).toBe(200);
    await request();
    await edit(app, app.dev, { email: 'new@example.com' });
    expect((await openConsole(app).get(link)).status).toBe(410);
    const sent = (await app.mails()).map(({ to, subject }) => [to, subject]);
    expect(sent.filter(([, subject]) => subject === 'Set your password')).toHaveLength(1);
  });

  it('voids the invitation of a member who has not joined, and mails nothing to the earlier address', async () => {
    const app = await open();
    const added = await app.ask('/api/v1/users', { as: app.root, json: { email: 'typo@example.com' } });
    const member = await jsonOf<InvitedUser>(added);
    const link = (member.invitation?.link ?? '').replace(app.config.publicUrl, '');
    expect((await edit(app, member, { email: 'right@example.com' })).status).toBe(200);
    expect((await openConsole(app).get(link)).status).toBe(410);
    expect(await app.mails()).toEqual([]);
  });
});

describe('a deleted member', () => {
  it('is gone: tokens are revoked, sessions end, and the address is free', async () => {
    const app = await open();
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    const response = await remove(app, app.dev);
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await verdict(app, token)).toBe('revoked');
    expect((await app.ask('/api/v1/me', { as: app.dev })).status).toBe(401);
    expect(await signIn(app, 'dev@example.com', app.dev.password)).toBe(401);
    expect((await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root })).status).toBe(404);
    expect((await edit(app, app.dev, { disabled: false })).status).toBe(404);
    expect((await remove(app, app.dev)).status).toBe(404);
    expect((await app.ask(`/api/v1/tokens?user=${app.dev.id}`, { as: app.root })).status).toBe(404);
    const again = await app.ask('/api/v1/users', { as: app.root, json: { email: 'dev@example.com' } });
    expect(again.status).toBe(201);
    expect((await jsonOf<User>(again)).token_count).toBe(0);
  });

  it('gets one last mail, which lists the revoked tokens', async () => {
    const app = await open();
    for (const name of ['ci', 'laptop']) await createToken(app, app.dev, { name });
    await app.mails();
    await requestPasswordLink(app, 'dev@example.com');
    await remove(app, app.dev);
    const last = (await app.mails()).slice(2);
    expect(last.map(({ to, subject }) => [to, subject])).toEqual([['dev@example.com', 'Your account was deleted']]);
    for (const fact of ['ci', 'laptop', 'root@example.com']) expect(last[0]?.text).toContain(fact);
  });

  it('gets no mail if they never joined', async () => {
    const app = await open();
    const added = await app.ask('/api/v1/users', { as: app.root, json: { email: 'typo@example.com' } });
    await remove(app, await jsonOf<User>(added));
    expect(await app.mails()).toEqual([]);
  });

  it('appears in the audit log under a pseudonym, by which their events can still be found', async () => {
    const app = await open();
    await signIn(app, 'dev@example.com', 'a wrong password');
    await createToken(app, app.dev, { name: 'ci' });
    await remove(app, app.dev);
    const read = async (query = '') =>
      await (await app.ask(`/api/v1/audit?limit=200${query}`, { as: app.root })).text();
    expect(await read()).not.toContain('dev@example.com');
    const pseudonym = pseudonymOf(app.dev.id);
    const { items } = JSON.parse(await read(`&user=${pseudonym}`)) as { items: Array<{ action: string }> };
    expect(items.map(({ action }) => action)).toEqual([
      'user.deleted',
      'token.revoked',
      'token.created',
      'session.failed',
    ]);
    expect(await read('&action=token.created')).toContain(pseudonym);
  });

  it('is never the superuser who asks, nor the last one', async () => {
    const app = await open();
    expect(await jsonOf(remove(app, app.root))).toMatchObject({ status: 409, code: 'own-account' });
    expect((await remove(app, app.root, app.dev)).status).toBe(403);
    const other = await app.addMember({ email: 'other@example.com', superuser: true });
    expect((await remove(app, app.root, other)).status).toBe(204);
    expect(await jsonOf(remove(app, other, other))).toMatchObject({ code: 'own-account' });
  });
});
