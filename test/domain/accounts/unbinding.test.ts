import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config, OidcConfig } from '../../../server/config/config.ts';
import type { ProblemDetails } from '../../../shared/problem.ts';
import { createToken, jsonOf, type TestApp, verdict } from '../../helpers/app/app.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { openSsoApp, signInBySso } from '../../helpers/console/sso.ts';
import { startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

const open = (changes?: Partial<OidcConfig>) => openSsoApp(provider, changes);
const unbind = (app: TestApp, id: string) =>
  app.ask(`/api/v1/users/${id}/identity`, { as: app.root, method: 'DELETE' });

/** Signs Ada in, and then gives her account at the provider another subject. */
async function moveAda(app: TestApp) {
  const first = await signInBySso(app, provider);
  provider.people.moved = provider.people.ada ?? expect.fail();
  return { id: first.user?.id ?? '', session: first.session ?? '' };
}

describe('a member whom the provider gave another subject', () => {
  it('is refused, with a page that says whom to ask and a log line that names the command', async () => {
    const app = await open();
    await moveAda(app);
    const { shown, session } = await signInBySso(app, provider, 'moved');
    expect([shown.status, session]).toEqual([403, undefined]);
    expect(textOf(shown.html)).toContain('Ask an Organization Superuser to unbind it (tokens users unbind)');
    const line = app.logLines.map((text) => JSON.parse(text)).find(({ bound_subject }) => bound_subject === 'ada');
    expect(line).toMatchObject({
      level: 'warn',
      subject: 'moved',
      msg: expect.stringContaining('tokens users unbind'),
    });
  });

  it('signs in to the same account after a superuser has unbound it, with the same tokens and permission', async () => {
    const app = await open();
    const { id, session } = await moveAda(app);
    await app.store.users.setCanManageTokens(id, true);
    const { token } = await createToken(app, { ...app.dev, session }, { name: 'ci' });
    expect((await unbind(app, id)).status).toBe(204);
    expect(await app.services.sessions.authenticate(session), 'the session ended').toBeNull();
    expect(await verdict(app, token)).toBe(200);
    expect(await app.store.users.summary(id)).toMatchObject({ sso: true, hasIdentity: false, hasPassword: false });

    expect((await signInBySso(app, provider, 'moved')).user).toMatchObject({ id, canManageTokens: true });
    expect(await app.store.users.identityOf(id)).toEqual({ issuer: provider.issuer, subject: 'moved' });
    expect((await signInBySso(app, provider)).shown.status, 'the old subject').toBe(403);
    const events = await app.store.audit.list({ limit: 20, before: null, participant: id });
    expect(events.map(({ action }) => action)).toEqual(expect.arrayContaining(['user.sso_unbound', 'user.sso_bound']));
    expect(events.find(({ action }) => action === 'user.sso_unbound')).toMatchObject({ actor: { id: app.root.id } });
  });

  it('is told by mail who unbound the account', async () => {
    const app = await open();
    const { id } = await moveAda(app);
    await unbind(app, id);
    const [mail] = (await app.mails()).slice(-1);
    expect(mail).toMatchObject({ to: 'ada@example.com', subject: 'Your account was unbound from single sign-on' });
    const text = unwrapped(mail?.text ?? '').replaceAll(/\s+/g, ' ');
    expect(text).toContain('Done by root@example.com (Organization Superuser)');
    expect(text).not.toContain('/password/forgot');
  });
});

describe('a member with a password and an identity', () => {
  const unbound = async (settings: Partial<Config> = {}) => {
    const app = await openSsoApp(provider, {}, settings);
    provider.people.ada = { password: 'pw-ada', email: 'dev@example.com', email_verified: true };
    expect((await signInBySso(app, provider)).shown.status, 'a password alone').toBe(403);
    await app.store.users.setIdentity(app.dev.id, { issuer: 'https://old.example.com', subject: 'old' });
    expect((await signInBySso(app, provider)).shown.status).toBe(403);
    expect(app.logLines.join()).toContain('tokensd sso move or tokensd sso unbind');
    await unbind(app, app.dev.id);
    return app;
  };

  it('is bound by no address once unbound, because the identity that was removed may have changed it', async () => {
    const app = await unbound();
    expect((await signInBySso(app, provider)).shown.status).toBe(403);
    const json = { email: app.dev.email, password: app.dev.password };
    expect((await app.ask('/api/v1/sessions', { json })).status).toBe(201);
  });

  it('is bound again by the address if the password does not sign in', async () => {
    const app = await unbound({ passwordSignIn: 'superusers' });
    expect((await signInBySso(app, provider)).user?.id).toBe(app.dev.id);
  });
});

it('lets a superuser correct the address of a member while they are unbound', async () => {
  const app = await open();
  const { id } = await moveAda(app);
  const edit = (email: string) => app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json: { email } });
  expect((await edit('countess@example.com')).status, 'while bound').toBe(409);
  await unbind(app, id);
  expect((await edit('countess@example.com')).status).toBe(200);
  provider.people.moved = { ...provider.people.moved, password: 'pw-ada', email: 'countess@example.com' };
  expect((await signInBySso(app, provider, 'moved')).user?.id).toBe(id);
});

it('rejects a member without an identity, and says why', async () => {
  const app = await open();
  const { id } = await moveAda(app);
  const codeOf = async (user: string) => {
    const { status, code, detail } = await jsonOf<ProblemDetails>(unbind(app, user));
    return [status, code, detail];
  };
  const why = expect.stringContaining('A member with a password connects it');
  expect(await codeOf(app.dev.id)).toEqual([409, 'not-connected', why]);
  await unbind(app, id);
  expect(await codeOf(id)).toEqual([409, 'not-connected', expect.stringContaining('unbound already')]);
  expect(await codeOf('nobody')).toEqual([404, 'user-not-found', 'There is no such member.']);
});

describe('the member’s page', () => {
  it('offers the action only for a member with an identity, and explains it', async () => {
    const app = await open();
    const { id } = await moveAda(app);
    const browser = openConsole(app, app.root);
    expect((await browser.get(`/organization/team/${app.dev.id}`)).html).not.toContain('dialog=unbind');
    const page = await browser.get(`/organization/team/${id}`);
    expect(page.html).toContain('dialog=unbind');
    const dialog = await browser.get(`/organization/team/${id}?dialog=unbind`);
    expect(textOf(dialog.html)).toContain('Unbind Ada Lovelace from single sign-on?');
    const done = await browser.submit(`/organization/team/${id}/unbind`);
    expect(done.location).toContain('done=member-unbound');
    const after = textOf((await browser.get(`/organization/team/${id}`)).html);
    expect(after).toContain('Single sign-on unbound until the next sign-in');
    expect(after).not.toContain('Unbind from single sign-on');
  });

  it('lets no superuser unbind themselves, and does not offer it', async () => {
    const app = await open();
    await app.store.users.setIdentity(app.root.id, { issuer: provider.issuer, subject: 'root' });
    const path = `/organization/team/${app.root.id}`;
    const browser = openConsole(app, app.root);
    expect((await browser.get(path)).html).not.toContain('dialog=unbind');
    const response = await app.ask(`/api/v1/users/${app.root.id}/identity`, { method: 'DELETE', as: app.root });
    expect(response.status).toBe(409);
    expect(await app.store.users.identityOf(app.root.id)).not.toBeNull();
  });
});
