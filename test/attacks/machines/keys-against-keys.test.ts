import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopes } from '../../../shared/scopes.ts';
import { type Ask, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
/** A key with every scope. Whatever it cannot do, no key can. */
let key: TestKey;
beforeEach(async () => {
  app = await openTestApp();
  key = await storeKey(app, await storeServiceAccount(app, 'platform'), scopes);
});
afterEach(() => app.close());

const ask = (path: string, request: Ask) => app.ask(path, { ...request, headers: key.headers });
const codeOf = async (response: Response) => [response.status, (await jsonOf(response)).code];
const forbidden = async (path: string, request: Ask) =>
  expect(await codeOf(await ask(path, request)), path).toEqual([403, 'not-for-keys']);

describe('a management key with every scope', () => {
  const path = ({ account }: TestKey) => `/api/v1/service-accounts/${account.id}`;
  const works = async ({ headers }: TestKey) => (await app.ask('/api/v1/token', { headers })).status === 200;

  it('neither deletes nor disables a service account that owns a management key', async () => {
    const other = await storeKey(app, await storeServiceAccount(app, 'other'), ['apps']);
    await forbidden(path(other), { method: 'DELETE' });
    await forbidden(path(other), { method: 'PATCH', json: { disabled: true, description: 'x' } });
    expect(await works(other)).toBe(true);
    expect(await app.store.serviceAccounts.findByName('other')).toMatchObject({ description: null, disabled: false });
    expect((await ask(path(other), { method: 'PATCH', json: { description: 'x' } })).status).toBe(200);
  });

  it('changes no maintainers of a service account that owns a management key', async () => {
    const other = await storeKey(app, await storeServiceAccount(app, 'other'), ['apps']);
    const { email } = await app.addMember({ email: 'ada@example.com' });
    const maintainers = async () => (await app.store.serviceAccounts.maintainers(other.account.id)).map((m) => m.email);
    const change = (json: object, headers = {}) =>
      app.ask(path(other), { method: 'PATCH', json, headers: { ...key.headers, ...headers } });
    for (const json of [{ add_maintainers: [email] }, { maintainers: [email] }]) {
      expect(await codeOf(await change(json))).toEqual([403, 'not-for-keys']);
    }
    expect(await maintainers()).toEqual([]);
    await app.ask(path(other), { as: app.root, method: 'PATCH', json: { add_maintainers: [email] } });
    // As `tokens apply` sends it.
    const etag = (await app.ask(path(other), { headers: key.headers })).headers.get('etag') ?? '';
    for (const json of [{ remove_maintainers: [email] }, { maintainers: [] }, { maintainers: [app.dev.email] }]) {
      const refused = await change(json, { 'if-match': etag });
      expect(await jsonOf(refused), JSON.stringify(json)).toMatchObject({
        code: 'not-for-keys',
        detail: expect.stringContaining('cannot change the maintainers of a service account that owns management keys'),
      });
    }
    expect(await maintainers()).toEqual([email]);
    expect((await change({ maintainers: [email], description: 'x' }, { 'if-match': etag })).status).toBe(200);
    await app.ask(`/api/v1/tokens/${other.id}`, { as: app.root, method: 'DELETE' });
    expect((await change({ maintainers: [] })).status).toBe(200);
  });

  it('enables no service account whose management keys a superuser stopped so', async () => {
    const other = await storeKey(app, await storeServiceAccount(app, 'other'), ['apps']);
    await app.ask(path(other), { as: app.root, method: 'PATCH', json: { disabled: true } });
    await forbidden(path(other), { method: 'PATCH', json: { disabled: false } });
    expect(await works(other)).toBe(false);
  });

  it('disables and deletes a service account whose management keys are revoked or expired', async () => {
    const other = await storeKey(app, await storeServiceAccount(app, 'other'), ['apps']);
    await app.ask(`/api/v1/tokens/${other.id}`, { as: app.root, method: 'DELETE' });
    expect((await ask(path(other), { method: 'PATCH', json: { disabled: true } })).status).toBe(200);
    const third = await storeServiceAccount(app, 'third');
    const expired = await storeKey(app, third, ['apps']);
    app.clock.advance(91 * 24 * 60 * 60 * 1000);
    key = await storeKey(app, key.account, scopes, { name: 'later' });
    expect((await ask(path(expired), { method: 'DELETE' })).status).toBe(204);
  });
});

describe('a member who maintains the service account of a management key', () => {
  let maintainer: Member;
  beforeEach(async () => {
    maintainer = await app.addMember({ email: 'maintainer@example.com', can_manage_tokens: true });
    const json = { add_maintainers: [maintainer.email] };
    await app.ask(`/api/v1/service-accounts/${key.account.id}`, { as: app.root, method: 'PATCH', json });
  });
  const userPath = () => `/api/v1/users/${maintainer.id}`;
  const state = async () => app.store.users.findById(maintainer.id);

  it('is not disabled, deleted or offboarded by the key', async () => {
    const { name } = await createServiceAccount(app, 'ci');
    const before = await state();
    await forbidden(userPath(), { method: 'PATCH', json: { disabled: true } });
    await forbidden(userPath(), { method: 'DELETE' });
    await forbidden(`${userPath()}/offboard`, { json: {} });
    await forbidden(`${userPath()}/offboard`, { json: { transfer_to: name } });
    expect(await state()).toEqual(before);
    expect((await ask(userPath(), { method: 'PATCH', json: { name: 'Ada' } })).status).toBe(200);
  });

  it('is not enabled by the key either', async () => {
    await app.ask(userPath(), { as: app.root, method: 'PATCH', json: { disabled: true } });
    await forbidden(userPath(), { method: 'PATCH', json: { disabled: false } });
    expect(await state()).toMatchObject({ disabled: true });
  });

  it('is not enabled by a key of another service account, and is once no management key works', async () => {
    await app.ask(userPath(), { as: app.root, method: 'PATCH', json: { disabled: true } });
    const first = key;
    key = await storeKey(app, await storeServiceAccount(app, 'directory'), ['users:write']);
    await forbidden(userPath(), { method: 'PATCH', json: { disabled: false } });
    expect(await state()).toMatchObject({ disabled: true });
    await app.ask(`/api/v1/tokens/${first.id}`, { as: app.root, method: 'DELETE' });
    expect((await ask(userPath(), { method: 'PATCH', json: { disabled: false } })).status).toBe(200);
  });

  it('is disabled, offboarded and deleted by a key of another service account', async () => {
    key = await storeKey(app, await storeServiceAccount(app, 'directory'), ['users:write']);
    expect((await ask(userPath(), { method: 'PATCH', json: { disabled: true } })).status).toBe(200);
    expect((await ask(`${userPath()}/offboard`, { json: {} })).status).toBe(200);
    expect((await ask(userPath(), { method: 'DELETE' })).status).toBe(204);
  });
});
