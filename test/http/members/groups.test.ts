import { expect, it, onTestFinished } from 'vitest';
import { groupsText } from '../../../server/domain/accounts/groups.ts';
import type { User } from '../../../shared/schemas/accounts/users.ts';
import { rowsOf } from '../../attacks/secrets/sqlite-rows.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { startTestServer } from '../../helpers/app/http.ts';
import { registerApp } from '../../helpers/gate/gated.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}

const edit = (app: Pick<TestApp, 'ask' | 'dev' | 'root'>, json: object) =>
  app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json });
const changesOf = async (app: TestApp) =>
  (await app.store.audit.list({ limit: 99, before: null, action: 'user.groups_changed' }))
    .reverse()
    .map(({ actor, target, changes }) => ({ by: actor.email, of: target.name, changes }));

const manual = (...names: string[]) => names.map((name) => ({ name, source: 'manual' }));

it('replaces the groups that superusers gave, and shows and audits them', async () => {
  const app = await open();
  expect(await jsonOf<User>(app.ask('/api/v1/me', { as: app.dev }))).toMatchObject({ groups: [] });
  const changed = await jsonOf<User>(edit(app, { groups: [' operations ', '/developers', 'operations'] }));
  expect(changed.groups).toEqual(manual('developers', 'operations'));
  expect((await jsonOf<User>(app.ask('/api/v1/me', { as: app.dev }))).groups).toEqual(changed.groups);
  await edit(app, { groups: ['operations', 'developers'] });
  await edit(app, { name: 'Dev' });
  expect((await jsonOf<User>(edit(app, { groups: ['developers'] }))).groups).toEqual(manual('developers'));
  expect((await jsonOf<User>(edit(app, { groups: [] }))).groups).toEqual([]);
  const change = (from: string | null, to: string | null) => ({
    ...{ by: 'root@example.com', of: 'dev@example.com' },
    changes: [{ field: 'manual_groups', from, to }],
  });
  expect(await changesOf(app)).toEqual([
    change(null, 'developers\noperations'),
    change('developers\noperations', 'developers'),
    change('developers', null),
  ]);
});

it('keeps groups from the identity provider apart', async () => {
  const app = await open();
  await app.store.users.setSsoGroups(app.dev.id, groupsText(['developers', 'staff']));
  const { groups } = await jsonOf<User>(edit(app, { groups: ['developers'] }));
  expect(groups).toEqual([
    { name: 'developers', source: 'sso' },
    { name: 'staff', source: 'sso' },
    { name: 'developers', source: 'manual' },
  ]);
  expect((await jsonOf<User>(edit(app, { groups: [] }))).groups).toEqual(groups.slice(0, 2));
});

it.each([
  ['an empty name', ['a', ' '], '/groups/1'],
  ['a name that is too long', ['x'.repeat(65)], '/groups/0'],
  ['a control character', ['a\u0007'], '/groups/0'],
  ['half a surrogate pair', ['a\ud800'], '/groups/0'],
  ['too many names', Array.from({ length: 51 }, (_, index) => `g${index}`), '/groups'],
  [
    'names that are too long together',
    ['測', '試', '團'].map((text) => text.repeat(64)).concat('四'.repeat(64)),
    '/groups',
  ],
])('rejects %s, and changes nothing', async (_what, groups, pointer) => {
  const app = await open();
  await edit(app, { groups: ['developers'] });
  const response = await edit(app, { groups, name: 'Not saved' });
  expect(response.status).toBe(400);
  expect(await jsonOf<{ errors: object[] }>(response)).toMatchObject({ errors: [{ pointer }] });
  expect(await app.store.users.findById(app.dev.id)).toMatchObject({ name: '', manualGroups: '["developers"]' });
});

it('erases the groups of a deleted member', async () => {
  const app = await open();
  await edit(app, { groups: ['developers'] });
  await app.store.users.setSsoGroups(app.dev.id, groupsText(['staff']));
  const stored = async () => {
    const row = (await rowsOf(app.path)).users?.find(({ id }) => id === app.dev.id);
    return [row?.sso_groups, row?.manual_groups];
  };
  expect(await stored()).toEqual(['["staff"]', '["developers"]']);
  expect((await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  expect(await stored()).toEqual([null, null]);
});

it('admits a member to an app from the next request on after a group was given, and no more after it was taken away', async () => {
  const server = await startTestServer();
  onTestFinished(server.stop);
  await registerApp(server.store, 'grafana', { groups: ['operations', 'staff'] });
  const { value } = await server.issue('ci');
  const ask = async () => {
    const headers = [['X-API-Key', value]] as const;
    const response = await server.send({ path: '/verify/apps/grafana/auth-request', headers });
    return [response.status, response.headers['x-tokens-reason'] ?? response.headers['x-auth-groups']];
  };
  const denied = [403, 'group'];
  expect(await ask()).toEqual(denied);
  await edit(server, { groups: ['operations', 'at night, on call'] });
  expect(await ask()).toEqual([200, 'at%20night%2C%20on%20call,operations']);
  await edit(server, { groups: ['at night, on call'] });
  expect(await ask()).toEqual(denied);
  await server.store.users.setSsoGroups(server.dev.id, groupsText(['staff']));
  expect(await ask()).toEqual([200, 'staff,at%20night%2C%20on%20call']);
  await edit(server, { groups: [] });
  expect(await ask(), 'the other source does not matter').toEqual([200, 'staff']);
  await server.store.users.setSsoGroups(server.dev.id, null);
  expect(await ask()).toEqual(denied);
});
