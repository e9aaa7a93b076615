import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopes } from '../../../shared/scopes.ts';
import {
  type Ask,
  createToken,
  jsonOf,
  type Member,
  openTestApp,
  type TestApp,
  verdict,
} from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';

let app: TestApp;
/** A key with every scope. Whatever it cannot do, no key can. */
let key: TestKey;
let second: Member;
beforeEach(async () => {
  app = await openTestApp({ smtpUrl: 'smtp://127.0.0.1:1' });
  key = await storeKey(app, await storeServiceAccount(app, 'platform'), scopes);
  second = await app.addMember({ email: 'second@example.com', superuser: true });
});
afterEach(() => app.close());

const ask = (path: string, request: Ask = {}) => app.ask(path, { ...request, headers: key.headers });
const codeOf = async (response: Response) => [response.status, (await jsonOf(response)).code];
const forbidden = async (path: string, request: Ask) =>
  expect(await codeOf(await ask(path, request)), path).toEqual([403, 'not-for-keys']);
const userOf = async ({ id }: Pick<Member, 'id'>) => app.store.users.findById(id);

describe('a management key with every scope', () => {
  it('makes nobody a superuser', async () => {
    for (const superuser of [true, false]) {
      await forbidden(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', json: { superuser } });
      await forbidden('/api/v1/users', { json: { email: 'new@example.com', superuser } });
    }
    await forbidden(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', json: { superuser: true, name: 'x' } });
    expect(await userOf(app.dev)).toMatchObject({ superuser: false, name: '' });
    expect(await app.store.users.findByEmail('new@example.com')).toBeNull();
  });

  it('makes nobody an auditor, who reads more than some keys', async () => {
    for (const auditor of [true, false]) {
      await forbidden(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', json: { auditor } });
      await forbidden('/api/v1/users', { json: { email: 'new@example.com', auditor } });
    }
    expect(await userOf(app.dev)).toMatchObject({ auditor: false });
    expect(await app.store.users.findByEmail('new@example.com')).toBeNull();
  });

  it.each([
    ['changes', 'PATCH', '', { disabled: true }],
    ['renames', 'PATCH', '', { name: 'Renamed' }],
    ['blocks', 'PATCH', '', { can_manage_tokens: false }],
    ['gives groups to', 'PATCH', '', { groups: ['admins'] }],
    ['deletes', 'DELETE', '', undefined],
    ['invites', 'POST', '/invitation', undefined],
    ['revokes all tokens of', 'DELETE', '/tokens', undefined],
    ['resets the second factor of', 'DELETE', '/totp', undefined],
    ['unbinds', 'DELETE', '/identity', undefined],
  ])('never %s a superuser', async (_what, method, below, json) => {
    const before = await userOf(second);
    await forbidden(`/api/v1/users/${second.id}${below}`, { method, ...(json && { json }) });
    expect(await userOf(second)).toEqual(before);
  });

  it('sets no email address and no password, so that it cannot take over an account', async () => {
    await forbidden(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', json: { email: 'mine@example.com' } });
    await forbidden('/api/v1/users', { json: { email: 'new@example.com', password: 'another staple battery horse' } });
    expect(await userOf(app.dev)).toMatchObject({ email: 'dev@example.com' });
  });

  it('invites by mail, and never receives the link', async () => {
    const invited = await ask('/api/v1/users', { json: { email: 'new@example.com' } });
    const text = await invited.clone().text();
    expect(await jsonOf(invited)).toMatchObject({ invitation: { mailed: true, link: null } });
    expect(text).not.toContain('http');
    await app.close();
    app = await openTestApp();
    key = await storeKey(app, await storeServiceAccount(app, 'platform'), scopes);
    await forbidden('/api/v1/users', { json: { email: 'new@example.com', invite: true } });
    const added = await ask('/api/v1/users', { json: { email: 'new@example.com' } });
    expect(await jsonOf(added)).toMatchObject({ invitation: null });
    const { id } = (await app.store.users.findByEmail('new@example.com')) ?? { id: '' };
    await forbidden(`/api/v1/users/${id}/invitation`, { method: 'POST' });
  });

  it.each([
    ['GET', '/api/v1/me'],
    ['DELETE', '/api/v1/me/tokens'],
    ['PUT', '/api/v1/me/password'],
    ['POST', '/api/v1/me/totp'],
    ['GET', '/api/v1/sessions/current'],
    ['DELETE', '/api/v1/sessions/current'],
    ['POST', '/api/v1/sessions/current/confirm'],
  ])('has no account of its own: %s %s', async (method, path) => {
    const json = path.endsWith('password') ? { current: 'x', new: 'another staple battery horse' } : { password: 'x' };
    await forbidden(path, { method, ...(['PUT', 'POST'].includes(method) && { json }) });
  });

  it('starts no session, and is not accepted by OAuth, by obtain-token or by the console', async () => {
    const form = (fields: Record<string, string>) => ({
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    const { value } = key;
    const email = 'service-account:platform';
    const session = await app.ask('/api/v1/sessions', { json: { email: 'root@example.com', password: value } });
    expect(session.status).toBe(401);
    const obtained = await app.ask('/api-token-auth/', { json: { username: email, password: value } });
    expect(obtained.status).toBe(400);
    for (const grant of ['password', 'client_credentials', 'refresh_token']) {
      const fields = {
        grant_type: grant,
        username: email,
        password: value,
        refresh_token: value,
        client_id: 'tokens',
      };
      expect((await app.ask('/oauth/token', form(fields))).status).toBe(400);
    }
    const code = {
      grant_type: 'authorization_code',
      code: value,
      client_id: 'tokens',
      code_verifier: 'x'.repeat(43),
    };
    expect((await app.ask('/oauth/token', form(code))).status).toBe(400);
    for (const name of ['session', '__Host-session', '__Secure-session']) {
      const cookie = { Cookie: `${name}=${value}` };
      expect((await app.ask('/api/v1/users', { headers: cookie })).status).toBe(401);
      expect((await app.ask('/organization/team', { headers: cookie })).status).toBe(303);
    }
    expect((await app.ask('/organization/team', { headers: key.headers })).status).not.toBe(200);
  });

  it('approves no sign-in of a device or a program', async () => {
    for (const path of ['/device/approve', '/oauth/authorize', '/device']) {
      const response = await app.ask(path, { method: 'POST', headers: key.headers, body: 'decision=approve' });
      expect([303, 400, 403]).toContain(response.status);
      expect(response.headers.get('location') ?? '').not.toContain('code=');
    }
  });
});

describe('the networks of a management key', () => {
  beforeEach(async () => {
    await app.close();
    app = await openTestApp({ trustedProxies: ['10.0.0.0/8'] });
    const account = await storeServiceAccount(app, 'platform');
    key = await storeKey(app, account, scopes, { networks: ['198.51.100.0/24'] });
  });
  const from = (ip: string, forwardedFor?: string) =>
    app.ask('/api/v1/users', {
      ip,
      headers: { ...key.headers, ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }) },
    });

  it('admits the key from one of them, directly and through a trusted proxy', async () => {
    expect((await from('198.51.100.7')).status).toBe(200);
    expect((await from('10.0.0.1', '198.51.100.7')).status).toBe(200);
    expect((await from('10.0.0.1', '203.0.113.66, 198.51.100.7, 10.0.0.2')).status).toBe(200);
  });

  it.each([
    ['another address', '203.0.113.66', undefined],
    ['a forged X-Forwarded-For without a proxy', '203.0.113.66', '198.51.100.7'],
    ['a forged first hop behind a proxy', '10.0.0.1', '198.51.100.7, 203.0.113.66'],
    ['a hop that is no address', '10.0.0.1', '198.51.100.7, unknown'],
    ['hops of proxies only', '10.0.0.1', '10.0.0.3'],
    ['a proxy that reports no client', '10.0.0.1', undefined],
    ['more hops than are read', '10.0.0.1', `198.51.100.7${', 10.0.0.9'.repeat(40)}`],
  ])('rejects the key from %s, and nothing is recorded as a use', async (_what, ip, forwardedFor) => {
    const response = await from(ip, forwardedFor);
    expect(await codeOf(response)).toEqual([403, 'network-denied']);
    const itself = await app.ask('/api/v1/token', {
      ip,
      headers: { ...key.headers, ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }) },
    });
    expect(await codeOf(itself)).toEqual([403, 'network-denied']);
    expect(app.services.lastUsed.pending()).toBe(0);
  });

  it('bind every token that rotates itself', async () => {
    const body = { name: 'ci', self_rotate: true, expires_in: 3600, networks: ['198.51.100.0/24'] };
    const token = await createToken(app, app.dev, body);
    const rotate = (ip: string) =>
      app.ask('/api/v1/token/rotate', { json: {}, ip, headers: { Authorization: `Bearer ${token.token}` } });
    expect(await codeOf(await rotate('203.0.113.66'))).toEqual([403, 'network-denied']);
    expect(await verdict(app, token.token)).toBe(200);
    expect((await rotate('198.51.100.7')).status).toBe(201);
  });
});
