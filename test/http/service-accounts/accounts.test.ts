import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import { jsonOf, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
let ada: Member;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com' });
});
afterEach(() => app.close());

const path = '/api/v1/service-accounts';
const post = (json: object, as = app.root) => app.ask(path, { as, json });
const patch = (id: string, json: object, as = app.root) => app.ask(`${path}/${id}`, { method: 'PATCH', as, json });
const remove = (id: string, as = app.root) => app.ask(`${path}/${id}`, { method: 'DELETE', as });
const read = async <T = ServiceAccount>(rest: string, as = app.root): Promise<T> =>
  jsonOf<T>(await app.ask(`${path}${rest}`, { as }));
const codeOf = async (response: Response) => [response.status, (await jsonOf<{ code: string }>(response)).code];
const notFound = [404, 'service-account-not-found'];

/** Returns the newest audit events about a service account, oldest first. */
async function events(id: string, limit = 20) {
  const { items } = await jsonOf<{ items: AuditEvent[] }>(
    await app.ask(`/api/v1/audit?user=${id}&limit=${limit}`, { as: app.root }),
  );
  return items
    .reverse()
    .filter(({ target }) => target.kind === 'service-account')
    .map(({ action, actor, target, changes }) => ({ action, by: actor.email, of: target.name, changes }));
}

describe('a service account', () => {
  it('is returned as it was created', async () => {
    const plain = await createServiceAccount(app, 'builds');
    expect(plain).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'builds',
      description: null,
      maintainers: [],
      disabled_maintainers: [],
      groups: [],
      disabled: false,
      token_count: 0,
      last_used_at: null,
      created_at: new Date(app.clock.now()).toISOString(),
    });
    const fields = { description: 'Deploys', groups: ['deployers', 'builders'] };
    const ci = await createServiceAccount(app, 'ci', { maintainers: [app.dev, ada], ...fields });
    const sorted = { groups: ['builders', 'deployers'], maintainers: ['ada@example.com', 'dev@example.com'] };
    expect(ci).toMatchObject({ name: 'ci', description: 'Deploys', ...sorted });
    expect(await read(`/${ci.id}`)).toEqual(ci);
    expect(await read('')).toEqual({ items: [ci, plain], next_cursor: null });
    expect(await read('?name=builds')).toEqual({ items: [plain], next_cursor: null });
    expect(await read('?name=none')).toEqual({ items: [], next_cursor: null });
    expect(await read('?orphaned=true')).toEqual({ items: [plain], next_cursor: null });
    expect(await events(ci.id)).toEqual([
      {
        action: 'service_account.created',
        by: app.root.email,
        of: 'service-account:ci',
        changes: [
          { field: 'description', from: null, to: 'Deploys' },
          { field: 'maintainers', from: null, to: 'ada@example.com\ndev@example.com' },
          { field: 'groups', from: null, to: 'builders\ndeployers' },
        ],
      },
    ]);
  });

  it.each(['', 'CI', 'ci_1', '-ci', 'c i', 'ä', 'a@example.com', 'service-account:ci', 'x'.repeat(64)])(
    'rejects the name %j',
    async (name) => expect(await codeOf(await post({ name }))).toEqual([400, 'invalid-fields']),
  );

  it('has a name that no other has, until it is deleted', async () => {
    const first = await createServiceAccount(app, 'ci', { maintainers: [ada], groups: ['deployers'] });
    const token = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
    expect(await codeOf(await post({ name: 'ci' }))).toEqual([409, 'name-taken']);
    expect((await remove(first.id)).status).toBe(204);
    expect(await codeOf(await remove(first.id))).toEqual(notFound);
    expect(await verdict(app, token.token)).toBe('revoked');
    const next = await createServiceAccount(app, 'ci');
    expect(next.id).not.toBe(first.id);
    expect(next).toMatchObject({ maintainers: [], groups: [], token_count: 0 });
    expect(await read('', ada)).toEqual({ items: [], next_cursor: null });
    expect(await verdict(app, token.token)).toBe('revoked');
    expect((await events(first.id)).map(({ action }) => action)).toEqual([
      'service_account.created',
      'service_account.deleted',
    ]);
  });

  it('is changed field by field, and the audit log says how', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    const steps = [
      { description: 'Deploys' },
      { add_maintainers: ['DEV@example.com'], remove_maintainers: ['ada@example.com'] },
      { maintainers: ['root@example.com'] },
      { groups: ['b', 'a'] },
      { description: '', groups: [] },
      { disabled: true },
      { disabled: false },
      { disabled: false, description: null, maintainers: ['root@example.com'] },
    ];
    for (const step of steps) expect((await patch(id, step)).status, JSON.stringify(step)).toBe(200);
    const changed = 'service_account.changed';
    const [, ...found] = await events(id);
    expect(found.map(({ action, changes }) => [action, changes])).toEqual([
      [changed, [{ field: 'description', from: null, to: 'Deploys' }]],
      [changed, [{ field: 'maintainers', from: 'ada@example.com', to: 'dev@example.com' }]],
      [changed, [{ field: 'maintainers', from: 'dev@example.com', to: 'root@example.com' }]],
      [changed, [{ field: 'groups', from: null, to: 'a\nb' }]],
      [
        changed,
        [
          { field: 'description', from: 'Deploys', to: null },
          { field: 'groups', from: 'a\nb', to: null },
        ],
      ],
      ['service_account.disabled', null],
      ['service_account.enabled', null],
    ]);
    expect(await read(`/${id}`)).toMatchObject({ description: null, maintainers: ['root@example.com'], groups: [] });
  });

  it('keeps everything if one change is refused', async () => {
    const ci = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    const refused = [
      [{ description: 'x', add_maintainers: ['nobody@example.com'] }, '/add_maintainers/0'],
      [{ description: 'x', maintainers: ['dev@example.com', 'nobody@example.com'] }, '/maintainers/1'],
      [{ description: 'x', remove_maintainers: ['dev@example.com'] }, '/remove_maintainers/0'],
      [{ maintainers: [], add_maintainers: ['dev@example.com'] }, '/maintainers'],
      [{}, ''],
    ] as const;
    for (const [body, pointer] of refused) {
      const response = await patch(ci.id, body);
      expect(response.status).toBe(400);
      expect(await jsonOf(response)).toMatchObject({ errors: [{ pointer }] });
    }
    expect(await read(`/${ci.id}`)).toEqual(ci);
    expect(await events(ci.id)).toHaveLength(1);
  });

  it('has at most 50 maintainers', async () => {
    const { id } = await createServiceAccount(app, 'ci');
    const emails = await Promise.all(
      Array.from({ length: 51 }, async (_, index) => (await app.addMember({ email: `m${index}@example.com` })).email),
    );
    expect((await patch(id, { maintainers: emails.slice(0, 50) })).status).toBe(200);
    expect(await codeOf(await patch(id, { maintainers: emails }))).toEqual([400, 'invalid-fields']);
    expect(await codeOf(await patch(id, { add_maintainers: emails.slice(50) }))).toEqual([400, 'invalid-fields']);
    expect((await read(`/${id}`)).maintainers).toHaveLength(50);
  });
});

describe('a maintainer', () => {
  it('sees what they maintain, and nothing else', async () => {
    const mine = await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev] });
    const other = await createServiceAccount(app, 'other', { maintainers: [app.dev] });
    expect(await read('', ada)).toEqual({ items: [mine], next_cursor: null });
    expect(await read('?name=ci', ada)).toEqual({ items: [mine], next_cursor: null });
    expect(await read('?name=other', ada)).toEqual({ items: [], next_cursor: null });
    expect(await read('?orphaned=true', ada)).toEqual({ items: [], next_cursor: null });
    expect(await read(`/${mine.id}`, ada)).toEqual(mine);
    expect(await codeOf(await app.ask(`${path}/${other.id}`, { as: ada }))).toEqual(notFound);
    expect(await codeOf(await patch(other.id, { description: 'x' }, ada))).toEqual(notFound);
  });

  it('changes the description and the maintainers only', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    const body = { description: 'Deploys', add_maintainers: [app.dev.email] };
    expect((await patch(id, body, ada)).status).toBe(200);
    const refused = [403, 'superuser-required'];
    for (const json of [{ groups: ['deployers'] }, { disabled: true }, { description: 'x', groups: [] }]) {
      expect(await codeOf(await patch(id, json, ada))).toEqual(refused);
    }
    expect(await codeOf(await remove(id, ada))).toEqual(refused);
    expect(await codeOf(await post({ name: 'mine' }, ada))).toEqual(refused);
    expect(await read(`/${id}`)).toMatchObject({
      description: 'Deploys',
      groups: [],
      disabled: false,
      maintainers: ['ada@example.com', 'dev@example.com'],
    });
  });

  it('loses it on the next request once they are removed, disabled or deleted', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev] });
    expect((await patch(id, { remove_maintainers: [ada.email] }, ada)).status).toBe(200);
    expect(await codeOf(await patch(id, { add_maintainers: [ada.email] }, ada))).toEqual(notFound);
    expect(await read('', ada)).toEqual({ items: [], next_cursor: null });
    await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json: { disabled: true } });
    expect(await read('?orphaned=true')).toMatchObject({ items: [{ id, maintainers: [app.dev.email] }] });
    expect((await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'DELETE', as: app.root })).status).toBe(204);
    expect(await read('?orphaned=true')).toMatchObject({ items: [{ id, maintainers: [] }] });
  });
});

describe('a member who maintains none', () => {
  it('gets an empty list, and 404 for each', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    expect(await read('', app.dev)).toEqual({ items: [], next_cursor: null });
    expect(await codeOf(await app.ask(`${path}/${id}`, { as: app.dev }))).toEqual(notFound);
    for (const json of [{ description: 'x' }, { disabled: true }, { add_maintainers: [app.dev.email] }]) {
      expect(await codeOf(await patch(id, json, app.dev))).toEqual(notFound);
    }
  });

  it('gets 404 for service accounts and members of the other kind', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    const user = (options: object) => app.ask(`/api/v1/users/${id}`, { as: app.root, ...options });
    expect(await codeOf(await user({}))).toEqual([404, 'user-not-found']);
    expect(await codeOf(await user({ method: 'PATCH', json: { superuser: true } }))).toEqual([404, 'user-not-found']);
    expect(await codeOf(await user({ method: 'DELETE' }))).toEqual([404, 'user-not-found']);
    expect(await codeOf(await remove(ada.id))).toEqual(notFound);
    expect(await codeOf(await patch(ada.id, { disabled: true }))).toEqual(notFound);
    const { items } = await jsonOf<{ items: unknown[] }>(await app.ask('/api/v1/users', { as: app.root }));
    expect(items).toHaveLength(3);
  });
});
