import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import { jsonOf, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { ssoConfig } from '../helpers/app/sso.ts';
import { messageAt, openConsole } from '../helpers/console/pages.ts';
import { requestPasswordLink } from '../helpers/sign-in/password-links.ts';

const password = 'another staple battery horse';
const day = 24 * 60 * 60 * 1000;
const mail: Partial<Config> = { smtpUrl: 'smtp://127.0.0.1:1' };
const oidc = ssoConfig('https://id.example.com', { autoProvision: false });

async function open(settings: Partial<Config> = mail) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

const add = (app: TestApp, body: object = {}) =>
  app.ask('/api/v1/users', { as: app.root, json: { email: 'ada@example.com', ...body } });

async function addAda(app: TestApp, body: object = {}): Promise<InvitedUser> {
  const response = await add(app, body);
  expect(response.status).toBe(201);
  return jsonOf<InvitedUser>(response);
}

const inviteAgain = (app: TestApp, id: string) =>
  app.ask(`/api/v1/users/${id}/invitation`, { as: app.root, method: 'POST' });

const statusOf = async (app: TestApp, id: string) =>
  (await jsonOf<User>(app.ask(`/api/v1/users/${id}`, { as: app.root }))).status;

const pathOf = (link: string | null | undefined) => (link ?? '').replace('https://tokens.example.com', '');

/** Returns the paths of the links mailed to Ada, oldest first. */
async function mailedLinks(app: TestApp, to = 'ada@example.com'): Promise<string[]> {
  const mails = (await app.mails()).filter((sent) => sent.to === to);
  return mails.flatMap(({ text }) => text.match(/https:\/\/\S+\/invitation\?token=\S+/g) ?? []).map(pathOf);
}

async function accept(app: TestApp, path: string | undefined, next = password) {
  const browser = openConsole(app);
  const page = await browser.get(path ?? '');
  if (page.status !== 200) return page;
  return browser.submit('/invitation', { password: next, again: next });
}

const actionsOn = async (app: TestApp, id: string) =>
  (await app.store.audit.list({ limit: 20, before: null, participant: id })).map(({ action }) => action);

it('mails an invitation that names the superuser and the server, and whose link sets the first password', async () => {
  const app = await open({ ...mail, organization: 'Example Corp' });
  const ada = await addAda(app, { name: 'Ada' });
  expect(ada).toMatchObject({ status: 'invited', invitation: { mailed: true, link: null, expires_at: null } });
  const [link, ...more] = await mailedLinks(app);
  expect(more).toEqual([]);
  const [message] = await app.mails();
  for (const text of [message?.text, message?.html]) {
    expect(text).toContain('root@example.com');
    expect(text).toContain('https://tokens.example.com');
    expect(text).toContain(link);
  }
  expect((await accept(app, link)).location).toEqual(messageAt('/login', 'joined'));
  expect(await statusOf(app, ada.id)).toBe('active');
  const signIn = await app.ask('/api/v1/sessions', { json: { email: 'ada@example.com', password } });
  expect(signIn.status).toBe(201);
  expect(await actionsOn(app, ada.id)).toEqual(['session.created', 'user.joined', 'user.invited', 'user.created']);
  expect((await app.mails()).map(({ subject }) => subject)).toEqual([
    '[Example Corp] root@example.com invited you',
    '[Example Corp] Your account is ready',
  ]);
});

it('tells neither IP address nor user agent of the superuser to the invited address', async () => {
  const app = await open();
  await app.ask('/api/v1/users', {
    as: app.root,
    json: { email: 'ada@example.com' },
    ip: '198.51.100.7',
    headers: { 'User-Agent': 'secret-agent/1' },
  });
  const [message] = await app.mails();
  expect(`${message?.text}${message?.html}`).not.toMatch(/198\.51\.100\.7|secret-agent/);
});

it('sends no invitation with `invite: false` or an initial password', async () => {
  const app = await open();
  expect(await addAda(app, { invite: false })).toMatchObject({ status: 'invited', invitation: null });
  expect(await addAda(app, { email: 'eve@example.com', password })).toMatchObject({
    status: 'active',
    invitation: null,
  });
  expect(await app.mails()).toEqual([]);
  const both = await add(app, { email: 'bob@example.com', password, invite: true });
  expect(await jsonOf(both)).toMatchObject({ status: 400, errors: [{ pointer: '/invite' }] });
  expect((await app.store.users.list({ limit: 9, before: null })).map(({ email }) => email)).not.toContain(
    'bob@example.com',
  );
});

it('returns the link if mail is not configured, audits that, and mails nothing', async () => {
  const app = await open({});
  const ada = await addAda(app);
  const expiresAt = new Date(app.clock.now() + 7 * day).toISOString();
  const link = expect.stringMatching(/^https:\/\/tokens\.example\.com\/invitation\?token=invitation_[\w-]{43}$/);
  expect(ada.invitation).toEqual({ mailed: false, link, expires_at: expiresAt });
  expect(await app.mails()).toEqual([]);
  expect(await actionsOn(app, ada.id)).toEqual(['user.invitation_shown', 'user.created']);
  expect((await accept(app, pathOf(ada.invitation?.link))).status).toBe(303);
});

it('invites to single sign-on where that is set up, without a secret', async () => {
  const mailed = await open({ ...mail, oidc });
  const ada = await addAda(mailed);
  expect(ada.invitation).toEqual({ mailed: true, link: null, expires_at: null });
  const [message] = await mailed.mails();
  expect(message?.text).toContain('https://tokens.example.com/login');
  expect(message?.text).toContain('single sign-on');
  expect(message?.text).not.toContain('invitation_');
  const shown = await open({ oidc });
  expect((await addAda(shown)).invitation).toEqual({
    mailed: false,
    link: 'https://tokens.example.com/login',
    expires_at: null,
  });
});

it('lets a link work for seven days', async () => {
  const app = await open();
  await addAda(app);
  const [link] = await mailedLinks(app);
  app.clock.advance(7 * day - 1);
  expect((await openConsole(app).get(link ?? '')).status).toBe(200);
  app.clock.advance(1);
  const late = await openConsole(app).get(link ?? '');
  expect(late.status).toBe(410);
  expect(late.html).toContain('Ask for another invitation');
});

it('sends the invitation again and voids the earlier link, also one that is still to be sent', async () => {
  const app = await open();
  const { id } = await addAda(app);
  const [first] = await mailedLinks(app);
  const again = await inviteAgain(app, id);
  expect([again.status, (await jsonOf<InvitedUser>(again)).invitation?.mailed]).toEqual([200, true]);
  expect((await openConsole(app).get(first ?? '')).status).toBe(410);
  await inviteAgain(app, id);
  const links = await mailedLinks(app);
  expect(links).toHaveLength(2);
  expect((await openConsole(app).get(links[1] ?? '')).status).toBe(200);
  expect((await actionsOn(app, id)).filter((action) => action === 'user.invited')).toHaveLength(3);
});

it('rejects another invitation for everyone who is not invited', async () => {
  const app = await open();
  const { id } = await addAda(app);
  await app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json: { disabled: true } });
  const disabled = await inviteAgain(app, id);
  expect(await jsonOf(disabled)).toMatchObject({
    status: 409,
    code: 'already-joined',
    detail: expect.stringContaining('This account is disabled'),
  });
  const active = await inviteAgain(app, app.dev.id);
  expect(await jsonOf(active)).toMatchObject({ status: 409, code: 'already-joined' });
  expect((await inviteAgain(app, 'nobody')).status).toBe(404);
});

it('voids the link when the member signs in through the identity provider', async () => {
  const app = await open();
  const { id } = await addAda(app);
  const [link] = await mailedLinks(app);
  await app.store.users.bindIdentity(id, { issuer: 'https://id.example.com', subject: 'ada' });
  expect(await statusOf(app, id)).toBe('active');
  expect((await accept(app, link)).status).toBe(410);
  const detail = 'This member has joined already. They sign in with single sign-on.';
  expect(await jsonOf(inviteAgain(app, id))).toMatchObject({ code: 'already-joined', detail });
});

it('keeps the link of a password reset working for an invited member, and voids the invitation with it', async () => {
  const app = await open();
  const { id } = await addAda(app);
  const [link] = await mailedLinks(app);
  await requestPasswordLink(app, 'ada@example.com');
  const texts = (await app.mails()).map(({ text }) => text).join('\n');
  const reset = pathOf(/https:\/\/\S+\/password\/reset\?token=\S+/.exec(texts)?.[0]);
  const browser = openConsole(app);
  await browser.get(reset);
  expect((await browser.submit('/password/reset', { password, again: password })).status).toBe(303);
  expect(await statusOf(app, id)).toBe('active');
  expect((await accept(app, link)).status).toBe(410);
});

it('shows a weak or mistyped password in the form and keeps the link', async () => {
  const app = await open();
  await addAda(app);
  const [link = ''] = await mailedLinks(app);
  for (const [first, again] of [
    ['short', 'short'],
    ['ada@example.com', 'ada@example.com'],
    [password, `${password}!`],
  ]) {
    const browser = openConsole(app);
    await browser.get(link);
    const shown = await browser.submit('/invitation', { password: first ?? '', again: again ?? '' });
    expect(shown.status).toBe(400);
    expect(shown.html).toContain('ada@example.com');
  }
  expect((await accept(app, link)).status).toBe(303);
});
