import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTable } from '../../../server/http/middleware/access.ts';
import { createToken, jsonOf, type Member, openTestApp, password } from '../../helpers/app/app.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { dump } from './members.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let eve: Member;
let account: { id: string };
let token: { id: string; token: string };
let value: string;
beforeAll(async () => {
  app = await openTestApp();
  eve = await app.addMember({ email: 'eve@example.com', can_manage_tokens: true });
  account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  token = await createAccountToken(app, app.dev, 'ci', { name: 'deploy', expires_in: 8e6 });
  await createServiceAccount(app, 'of-eve', { maintainers: [eve] });
  value = (await createToken(app, eve, { name: 'own' })).token;
});
afterAll(() => app.close());

const codeOf = async (response: Response) => (await jsonOf<{ code: string }>(response)).code;

/** Bodies that the routes would accept from somebody who may use them. */
const bodies: Record<string, object> = {
  'POST /api/v1/service-accounts': { name: 'mine' },
  'PATCH /api/v1/service-accounts/:id': { add_maintainers: ['eve@example.com'] },
  'POST /api/v1/tokens': { name: 'mine', service_account: 'ci' },
  'PATCH /api/v1/tokens/:id': { name: 'mine' },
  'POST /api/v1/tokens/:id/rotate': {},
  'POST /api/v1/tokens/:id/transfer': { to: 'of-eve' },
  'POST /api/v1/tokens/:id/pause': {},
  'POST /api/v1/tokens/:id/test': { method: 'GET', path: '/' },
};
const routes = Object.keys(accessTable)
  .filter((key) => /\/(service-accounts|tokens)(\/|$)/.test(key) && !key.includes('/me/') && !key.includes('/users/'))
  .filter((key) => !/^(GET|POST) \/api\/v1\/service-accounts$|^GET \/api\/v1\/tokens$|reports|statuses/.test(key));

describe.each(routes)('%s', (key) => {
  const [method = '', path = ''] = key.split(' ');
  const isBulk = /\/tokens\/(revoke|pause|resume)$/.test(key);
  const ask = (headers: Record<string, string>) => {
    const id = path.includes('/service-accounts/') ? account.id : token.id;
    const json = isBulk ? { ids: [id] } : bodies[key];
    return app.ask(path.replace(':id', id), { method, headers, ...(json && { json }) });
  };

  it('gives somebody who maintains another service account nothing, and changes nothing', async () => {
    const before = await dump(app);
    const response = await ask({ Authorization: `Bearer ${eve.session}` });
    const mayNotDelete = key === 'DELETE /api/v1/service-accounts/:id';
    const text = await response.text();
    // A change of many tokens answers for each of them.
    if (isBulk) expect(text).toContain('"reason":"not-found"');
    expect(response.status).toBe(isBulk ? 200 : mayNotDelete ? 403 : 404);
    expect(text.replaceAll(account.id, '')).not.toMatch(/deploy|dev@example/);
    expect(await dump(app)).toEqual(before);
  });

  it('is closed to the token of the service account, to tokens of members and to strangers', async () => {
    const before = await dump(app);
    for (const presented of [token.token, value]) {
      expect(await codeOf(await ask({ Authorization: `Bearer ${presented}` }))).toBe('session-required');
    }
    expect((await ask({})).status).toBe(401);
    expect(await dump(app)).toEqual(before);
  });
});

describe('the name of a service account', () => {
  const identities = ['service-account:ci', 'Service-Account:CI', 'service-account:ci@example.com'];

  it.each(identities)('signs nobody in as %s', async (email) => {
    const before = await dump(app);
    const session = await app.ask('/api/v1/sessions', { json: { email, password } });
    expect([400, 401]).toContain(session.status);
    const form = new URLSearchParams({ username: email, password });
    const drf = await app.ask('/api-token-auth/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(drf.status).toBe(400);
    await app.services.acceptedWork.finish();
    const after = await dump(app);
    expect({ ...after, audit: [] }).toEqual({ ...before, audit: [] });
  });

  it('receives no link for a forgotten password, unlike a member', async () => {
    const before = (await app.mails()).length;
    const ask = async (email: string) => {
      const browser = openConsole(app);
      await browser.get('/password/forgot');
      await browser.submit('/password/forgot', { email });
      await app.services.acceptedWork.finish();
    };
    for (const email of identities) await ask(email);
    expect(await app.mails()).toHaveLength(before);
    await ask(eve.email);
    expect((await app.mails()).slice(before).map(({ to }) => to)).toEqual([eve.email]);
  });

  it('is not signed in by a device flow that its session would approve', async () => {
    const device = await beginDevice(app);
    const browser = openConsole(app, { ...app.dev, session: await app.signIn(account.id) });
    expect((await browser.get('/device')).location).toMatch(/^\/login/);
    const byToken = await app.ask('/device', { headers: { Authorization: `Bearer ${token.token}` } });
    expect([byToken.status, byToken.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/login/)]);
    const response = await pollDevice(app, device);
    expect([response.status, await jsonOf(response)]).toEqual([
      400,
      expect.objectContaining({ error: 'authorization_pending' }),
    ]);
  });

  it.each(identities)('is not accepted as the email address of a member: %s', async (email) => {
    const create = await app.ask('/api/v1/users', { as: app.root, json: { email } });
    expect([create.status, await codeOf(create)]).toEqual([400, 'invalid-fields']);
    const rename = await app.ask(`/api/v1/users/${eve.id}`, { method: 'PATCH', as: app.root, json: { email } });
    expect([rename.status, await codeOf(rename)]).toEqual([400, 'invalid-fields']);
    const sso = await app.store.users.findByEmail(email.toLowerCase());
    expect(sso).toBeNull();
  });

  it('grants nothing to a member of that name, or with that name', async () => {
    const impostor = await app.addMember({ email: 'ci@example.com', name: 'service-account:ci' });
    const { items } = await jsonOf<{ items: unknown[] }>(await app.ask('/api/v1/service-accounts', { as: impostor }));
    expect(items).toEqual([]);
    const response = await app.ask('/api/v1/tokens?service_account=ci', { as: impostor });
    expect([response.status, await codeOf(response)]).toEqual([404, 'service-account-not-found']);
    const listed = await app.ask('/api/v1/tokens?user=service-account:ci', { as: impostor });
    expect(listed.status).toBe(403);
    // A member who is found by that text would be listed with the tokens of the service account.
    const byRoot = await app.ask('/api/v1/tokens?user=service-account:ci', { as: app.root });
    expect([byRoot.status, await codeOf(byRoot)]).toEqual([404, 'user-not-found']);
  });
});

describe('a service account', () => {
  it('gets no session, permission, password, second factor or invitation through the routes of members', async () => {
    const before = await dump(app);
    const id = account.id;
    const attempts: Array<[method: string, path: string, json?: object]> = [
      ['GET', `/api/v1/users/${id}`],
      ['PATCH', `/api/v1/users/${id}`, { superuser: true }],
      ['PATCH', `/api/v1/users/${id}`, { email: 'x@example.com', name: 'x' }],
      ['PATCH', `/api/v1/users/${id}`, { disabled: true, can_manage_tokens: false, groups: ['x'] }],
      ['DELETE', `/api/v1/users/${id}`],
      ['DELETE', `/api/v1/users/${id}/tokens`],
      ['DELETE', `/api/v1/users/${id}/totp`],
      ['DELETE', `/api/v1/users/${id}/identity`],
      ['POST', `/api/v1/users/${id}/invitation`],
    ];
    for (const [method, path, json] of attempts) {
      const response = await app.ask(path, { method, as: app.root, ...(json && { json }) });
      expect([method, path, response.status]).toEqual([method, path, 404]);
    }
    const members = await jsonOf<{ items: Array<{ email: string }> }>(await app.ask('/api/v1/users', { as: app.root }));
    expect(members.items.map(({ email }) => email)).not.toContain('service-account:ci');
    expect(await dump(app)).toEqual(before);
    expect(await app.store.users.lockForNewSession(id)).toBe(false);
  });

  it('has no session, even if somebody stored one for it', async () => {
    const session = await app.signIn(account.id);
    const response = await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } });
    expect(response.status).toBe(401);
  });
});
