import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { type Scope, scopes } from '../../../shared/scopes.ts';
import {
  type Ask,
  createToken,
  jsonOf,
  type Member,
  openTestApp,
  type TestApp,
  verdict,
} from '../../helpers/app/app.ts';
import { storeKey, type TestKey } from '../../helpers/app/management-key.ts';

const day = 24 * 60 * 60;

let app: TestApp;
let maintainer: Member;
/** A superuser who maintains nothing. */
let root: Member;
beforeEach(async () => {
  app = await openTestApp();
  root = app.root;
  maintainer = await app.addMember({ email: 'maintainer@example.com' });
  for (const name of ['platform', 'ci']) {
    const json = { name, maintainers: [maintainer.email] };
    expect((await app.ask('/api/v1/service-accounts', { as: root, json })).status).toBe(201);
  }
});
afterEach(() => app.close());

const accountOf = async (name: string) => {
  const account = await app.store.serviceAccounts.findByName(name);
  if (account === null) throw new Error(`There is no service account ${name}.`);
  return account;
};
const create = (as: Member, json: object) => app.ask('/api/v1/tokens', { as, json });
const terraform = {
  name: 'terraform',
  service_account: 'platform',
  manage: ['users:read', 'apps'],
  expires_in: 90 * day,
};
const createKey = async (changes: object = {}): Promise<CreatedToken> => {
  const response = await create(root, { ...terraform, ...changes });
  expect(response.status).toBe(201);
  return jsonOf<CreatedToken>(response);
};
const patch = (as: Member, id: string, json: object) => app.ask(`/api/v1/tokens/${id}`, { method: 'PATCH', as, json });
const result = async (response: Response) => [response.status, (await jsonOf(response)).code ?? null];
const lastMails = async () => (await app.mails()).map(({ to, subject }) => `${to}: ${subject}`);

describe('a new management key', () => {
  it('belongs to a service account, and is created by a superuser', async () => {
    const { token, ...object } = await createKey({ networks: ['198.51.100.0/24'], self_rotate: true });
    expect(object).toMatchObject({
      owner: 'service-account:platform',
      manage: ['users:read', 'apps'],
      networks: ['198.51.100.0/24'],
      self_rotate: true,
    });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await app.ask('/api/v1/apps', { headers, ip: '198.51.100.7' })).status).toBe(200);
    expect(await result(await app.ask('/api/v1/apps', { headers }))).toEqual([403, 'network-denied']);
  });

  it('is mailed to every superuser and maintainer, once each', async () => {
    await app.addMember({ email: 'second@example.com', superuser: true });
    await createKey();
    expect((await lastMails()).filter((mail) => !mail.includes('You now maintain')).sort()).toEqual(
      ['maintainer@example.com', 'root@example.com', 'second@example.com'].map(
        (to) => `${to}: Management key "terraform" was created`,
      ),
    );
    const mail = (await app.mails()).at(-1);
    for (const text of ['platform', 'users:read, apps', 'root@example.com']) expect(mail?.text).toContain(text);
  });

  it('is refused to maintainers, who may create every other token', async () => {
    expect(await result(await create(maintainer, terraform))).toEqual([403, 'superuser-required']);
    const { manage: _, ...plain } = terraform;
    expect((await create(maintainer, { ...plain, manage: [] })).status).toBe(201);
    expect(await result(await create(app.dev, terraform))).toEqual([403, 'superuser-required']);
  });

  it.each<[string, object, string]>([
    ['no service account', { service_account: undefined }, '/manage'],
    ['no expiry', { expires_in: undefined }, '/expires_in'],
    ['an expiry of null', { expires_in: null }, '/expires_in'],
    ['an expiry_at of null', { expires_in: undefined, expires_at: null }, '/expires_at'],
    ['an expiry after 366 days', { expires_in: 366 * day + 1 }, '/expires_in'],
    ['a rule about apps', { apps: [] }, '/apps'],
    ['read_only', { read_only: true }, '/read_only'],
    ['a rule about paths', { allow: ['GET /**'] }, '/allow'],
    ['rules that are not enforced', { enforce: false }, '/enforce'],
    ['an unknown scope', { manage: ['all'] }, '/manage/0'],
    ['a scope that is no list', { manage: 'apps' }, '/manage'],
    ['an unusable network', { networks: ['nowhere'] }, '/networks/0'],
  ])('cannot have %s', async (_what, changes, pointer) => {
    const response = await create(root, { ...terraform, ...changes });
    expect(response.status).toBe(400);
    expect((await jsonOf<{ errors: Array<{ pointer: string }> }>(response)).errors[0]?.pointer).toBe(pointer);
  });

  it('may live for 366 days, whatever its service account already owns', async () => {
    expect((await createKey({ expires_in: 366 * day })).manage).toHaveLength(2);
  });

  it('is not created a second time under an Idempotency-Key, and its value is not shown again', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const first = await jsonOf<CreatedToken>(app.ask('/api/v1/tokens', { as: root, json: terraform, headers }));
    const again = await app.ask('/api/v1/tokens', { as: root, json: terraform, headers });
    expect(again.status).toBe(200);
    const text = await again.text();
    expect(text).not.toContain(first.token);
    expect(JSON.parse(text)).not.toHaveProperty('token');
  });
});

describe('an existing management key', () => {
  it('is changed, rotated and extended by superusers only', async () => {
    const key = await createKey();
    const path = `/api/v1/tokens/${key.id}`;
    const changes: Array<[string, Ask]> = [
      [path, { method: 'PATCH', json: { name: 'other' } }],
      [path, { method: 'PATCH', json: { manage: ['apps'] } }],
      [path, { method: 'PATCH', json: { expires_in: 30 * day } }],
      [`${path}/rotate`, { json: {} }],
      [`${path}/previous`, { method: 'DELETE' }],
    ];
    for (const [path, ask] of changes) {
      expect(await result(await app.ask(path, { ...ask, as: maintainer }))).toEqual([403, 'superuser-required']);
    }
    expect((await patch(root, key.id, { name: 'other', expires_in: 100 * day })).status).toBe(200);
    const rotated = await app.ask(`${path}/rotate`, { as: root, json: {} });
    expect(rotated.status).toBe(201);
    expect((await app.ask(`${path}/previous`, { method: 'DELETE', as: root })).status).toBe(204);
    expect(await verdict(app, key.token)).toBe('rotated');
  });

  it('is seen, paused and revoked by maintainers', async () => {
    const key = await createKey();
    const path = `/api/v1/tokens/${key.id}`;
    expect(await jsonOf(app.ask(path, { as: maintainer }))).toMatchObject({ manage: ['users:read', 'apps'] });
    expect((await app.ask(`${path}/pause`, { as: maintainer, method: 'POST', json: {} })).status).toBe(200);
    expect((await app.ask(path, { method: 'DELETE', as: maintainer })).status).toBe(204);
    expect(await verdict(app, key.token)).toBe('revoked');
    expect((await app.ask(path, { as: app.dev })).status).toBe(404);
  });

  it('is narrowed and widened, and every superuser is mailed about more scopes or networks', async () => {
    const key = await createKey({ networks: ['198.51.100.0/24'] });
    await app.mails();
    const before = (await lastMails()).length;
    const mailsAfter = async () => (await lastMails()).slice(before);
    expect(await jsonOf(patch(root, key.id, { manage: ['apps'] }))).toMatchObject({ manage: ['apps'] });
    expect(await mailsAfter()).toEqual([]);
    const [event] = await app.store.audit.list({ limit: 1, before: null });
    expect(event?.changes).toEqual([{ field: 'manage', from: 'users:read\napps', to: 'apps' }]);
    await patch(root, key.id, { manage: ['clients', 'apps'] });
    await patch(root, key.id, { networks: null });
    const widened = 'Management key "terraform" may do more than before';
    expect((await mailsAfter()).sort()).toEqual(
      ['maintainer@example.com', 'maintainer@example.com', 'root@example.com', 'root@example.com'].map(
        (to) => `${to}: ${widened}`,
      ),
    );
    const headers = { Authorization: `Bearer ${key.token}` };
    expect((await app.ask('/api/v1/clients', { headers })).status).toBe(200);
    expect(await result(await app.ask('/api/v1/users', { headers }))).toEqual([403, 'scope-missing']);
  });

  it('stays a key, and no other token becomes one', async () => {
    const key = await createKey();
    const plain = await jsonOf<Token>(create(root, { name: 'plain', service_account: 'ci' }));
    const own = await createToken(app, app.dev, { name: 'own' });
    expect(await result(await patch(root, key.id, { manage: [] }))).toEqual([400, 'invalid-fields']);
    for (const changes of [{ apps: [] }, { read_only: true }, { allow: ['GET /**'] }, { enforce: false }]) {
      expect(await result(await patch(root, key.id, changes))).toEqual([400, 'invalid-fields']);
    }
    expect(await result(await patch(maintainer, plain.id, { manage: ['apps'] }))).toEqual([400, 'invalid-fields']);
    expect(await result(await patch(app.dev, own.id, { manage: ['apps'] }))).toEqual([400, 'invalid-fields']);
    expect((await patch(maintainer, plain.id, { manage: [] })).status).toBe(200);
  });

  it('never lives longer than 366 days, whether it is extended or rotated', async () => {
    const key = await createKey({ expires_in: 366 * day });
    for (const expiry of [{ expires_in: 367 * day }, { expires_in: null }]) {
      expect(await result(await patch(root, key.id, expiry))).toEqual([400, 'invalid-fields']);
      const rotated = await app.ask(`/api/v1/tokens/${key.id}/rotate`, { as: root, json: expiry });
      expect(await result(rotated)).toEqual([400, 'invalid-fields']);
    }
  });
});

describe('a key with tokens:write', () => {
  let key: TestKey;
  beforeEach(async () => {
    key = await storeKey(app, await accountOf('platform'), ['tokens:write']);
  });
  const ask = (path: string, request: Ask = {}) => app.ask(path, { ...request, headers: key.headers });
  const keyed = (deed: string, id: string) => ask(`/api/v1/tokens/${id}/${deed}`, { method: 'POST', json: {} });

  it('creates, changes, rotates and revokes tokens of service accounts', async () => {
    const json = { name: 'build', service_account: 'ci', apps: [], expires_in: day };
    const created = await ask('/api/v1/tokens', { json });
    expect(created.status).toBe(201);
    const { id, token } = await jsonOf<CreatedToken>(created);
    const path = `/api/v1/tokens/${id}`;
    expect((await ask(path, { method: 'PATCH', json: { apps: null } })).status).toBe(200);
    expect((await ask(`${path}/rotate`, { json: { overlap: 60 } })).status).toBe(201);
    expect(await verdict(app, token)).toBe(200);
    expect((await ask(`${path}/previous`, { method: 'DELETE' })).status).toBe(204);
    for (const deed of ['pause', 'resume']) expect((await keyed(deed, id)).status).toBe(200);
    expect((await ask(path, { method: 'DELETE' })).status).toBe(204);
    const events = await app.store.audit.list({ limit: 7, before: null });
    expect(new Set(events.map(({ actor }) => `${actor.email} ${actor.token}`))).toEqual(
      new Set(['service-account:platform terraform']),
    );
    expect(events.map(({ action }) => action).reverse()).toEqual([
      'token.created',
      'token.changed',
      'token.rotated',
      'token.previous_ended',
      'token.paused',
      'token.resumed',
      'token.revoked',
    ]);
  });

  it('must name the service account, and creates no token of a member', async () => {
    const response = await ask('/api/v1/tokens', { json: { name: 'build' } });
    expect(await jsonOf(response)).toMatchObject({ status: 400, errors: [{ pointer: '/service_account' }] });
  });

  it('grants no scopes, not even to its own service account', async () => {
    for (const service_account of ['ci', 'platform']) {
      for (const manage of [['tokens:write'], ['apps'], [...scopes]] as Scope[][]) {
        const json = { name: 'more', service_account, manage, expires_in: day };
        expect(await result(await ask('/api/v1/tokens', { json }))).toEqual([403, 'not-for-keys']);
      }
    }
    const plain = await jsonOf<Token>(create(root, { name: 'plain', service_account: 'platform' }));
    const granted = await ask(`/api/v1/tokens/${plain.id}`, { method: 'PATCH', json: { manage: ['apps'] } });
    expect(await result(granted)).toEqual([400, 'invalid-fields']);
  });

  it('sees every management key and its own, and changes, pauses and revokes none', async () => {
    const other = await storeKey(app, await accountOf('ci'), ['apps'], { name: 'other' });
    const sibling = await storeKey(app, key.account, ['apps'], { name: 'sibling' });
    for (const { id } of [other, sibling, key]) {
      const path = `/api/v1/tokens/${id}`;
      expect((await ask(path)).status).toBe(200);
      const changes: Array<[string, Ask]> = [
        [path, { method: 'PATCH', json: { manage: [...scopes] } }],
        [path, { method: 'PATCH', json: { networks: null, self_rotate: true } }],
        [path, { method: 'PATCH', json: { expires_in: 300 * day } }],
        [path, { method: 'DELETE' }],
        [`${path}/rotate`, { json: {} }],
        [`${path}/pause`, { json: {} }],
        [`${path}/resume`, { method: 'POST' }],
        [`${path}/previous`, { method: 'DELETE' }],
      ];
      for (const [path, change] of changes) {
        expect(await result(await ask(path, change)), path).toEqual([403, 'not-for-keys']);
      }
    }
  });

  it("pauses and revokes members' tokens, and does nothing else with them", async () => {
    const { id, token } = await createToken(app, app.dev, { name: 'own' });
    const path = `/api/v1/tokens/${id}`;
    expect(await result(await ask(path, { method: 'PATCH', json: { name: 'x' } }))).toEqual([403, 'not-for-keys']);
    expect(await result(await ask(`${path}/rotate`, { json: {} }))).toEqual([403, 'not-for-keys']);
    expect(await result(await ask(`${path}/previous`, { method: 'DELETE' }))).toEqual([403, 'not-for-keys']);
    expect(await result(await keyed('resume', id))).toEqual([403, 'not-for-keys']);
    expect((await keyed('pause', id)).status).toBe(200);
    expect(await verdict(app, token)).toBe('paused');
    const resumed = await app.ask(`${path}/resume`, { as: app.dev, method: 'POST' });
    expect(await jsonOf(resumed)).toMatchObject({
      code: 'paused-by-superuser',
      detail: expect.stringMatching(/^A management key of the service account platform paused this token, so only/),
    });
    expect((await keyed('pause', id)).status).toBe(200);
    expect((await keyed('resume', id)).status).toBe(200);
    expect(await verdict(app, token)).toBe(200);
    expect((await ask(path, { method: 'DELETE' })).status).toBe(204);
    expect((await lastMails()).filter((mail) => mail.startsWith('dev@example.com'))).toHaveLength(5);
  });

  it.each(['dev', 'root'] as const)('ends no pause that %s began, nor replaces it with its own', async (who) => {
    const { id, token } = await createToken(app, app.dev, { name: 'own' });
    await app.ask(`/api/v1/tokens/${id}/pause`, { as: app[who], json: {} });
    for (const deed of ['resume', 'pause', 'resume']) {
      expect(await result(await keyed(deed, id))).toEqual([403, 'not-for-keys']);
    }
    expect(await verdict(app, token)).toBe('paused');
  });

  it('cannot end a pause of its own that a superuser has replaced', async () => {
    const { id, token } = await createToken(app, app.dev, { name: 'own' });
    expect((await keyed('pause', id)).status).toBe(200);
    await app.ask(`/api/v1/tokens/${id}/pause`, { as: root, json: {} });
    expect(await result(await keyed('resume', id))).toEqual([403, 'not-for-keys']);
    expect(await verdict(app, token)).toBe('paused');
  });
});

it('shows a key with service-accounts everything about them, and changes its own one or its maintainers never', async () => {
  const key = await storeKey(app, await accountOf('platform'), ['service-accounts']);
  const ask = (path: string, request: Ask = {}) => app.ask(path, { ...request, headers: key.headers });
  const path = (id: string) => `/api/v1/service-accounts/${id}`;
  const changes: Ask[] = [
    { method: 'PATCH', json: { add_maintainers: ['dev@example.com'] } },
    { method: 'PATCH', json: { maintainers: [] } },
    { method: 'PATCH', json: { description: 'x' } },
    { method: 'PATCH', json: { groups: ['admins'] } },
    { method: 'PATCH', json: { disabled: false } },
    { method: 'DELETE' },
  ];
  for (const change of changes) {
    expect(await result(await ask(path(key.account.id), change))).toEqual([403, 'not-for-keys']);
  }
  const { id } = await accountOf('ci');
  expect((await ask(path(id), { method: 'PATCH', json: { description: 'Builds' } })).status).toBe(200);
  expect((await ask(path(id), { method: 'DELETE' })).status).toBe(204);
});
