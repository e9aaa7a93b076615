import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import type { TestStore } from '../../helpers/app/store.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';

const engines = useEngines(patientTimes);
let app: TestApp;

/** Opens an app for each test of the block. Conditions are compared under the locks of the engine. */
function useApp(openStore: () => Promise<TestStore>): void {
  beforeEach(async () => {
    app = await openTestApp({}, openStore());
  });
  afterEach(() => app.close());
}

const ask = (path: string, options: Parameters<TestApp['ask']>[1] = {}) =>
  app.ask(`/api/v1${path}`, { as: app.root, ...options });
const etagOf = async (path: string) => {
  const etag = (await ask(path)).headers.get('etag');
  if (etag === null) throw new Error(`${path} has no ETag`);
  return etag;
};

/** The objects with an ETag: how to create one, and two different changes. */
const kinds: Array<{ kind: string; create: () => Promise<string>; one: object; other: object }> = [
  {
    kind: 'users',
    create: async () => (await app.addMember({ email: 'ada@example.com' })).id,
    one: { groups: ['developers'] },
    other: { name: 'Ada' },
  },
  {
    kind: 'apps',
    create: async () => (await jsonOf<{ id: string }>(ask('/apps', { json: { name: 'wiki' } }))).id,
    one: { groups: ['developers'] },
    other: { url: 'https://wiki.example.com/' },
  },
  {
    kind: 'clients',
    create: async () => (await jsonOf<{ id: string }>(ask('/clients', { json: { name: 'gateway' } }))).id,
    one: { can_revoke: true },
    other: { can_revoke: false },
  },
  {
    kind: 'service-accounts',
    create: async () => (await jsonOf<{ id: string }>(ask('/service-accounts', { json: { name: 'ci' } }))).id,
    one: { maintainers: ['dev@example.com'] },
    other: { description: 'Builds' },
  },
  {
    kind: 'trusts',
    create: async () => {
      await ask('/service-accounts', { json: { name: 'ci' } });
      const issuer = 'https://issuer.example.com';
      const json = { name: 'deploy', service_account: 'ci', issuer, claims: { sub: 'repo:acme/api:*' } };
      return (await jsonOf<{ id: string }>(ask('/trusts', { json }))).id;
    },
    one: { ttl: 60 },
    other: { read_only: true },
  },
  {
    kind: 'webhooks',
    create: async () => {
      const json = { url: 'https://hooks.example.com/tokens', events: ['token.*'] };
      return (await jsonOf<{ id: string }>(ask('/webhooks', { json }))).id;
    },
    one: { events: ['app.*'] },
    other: { description: 'Chat' },
  },
];

const patchAt = (path: string, json: object, ifMatch: string) =>
  ask(path, { method: 'PATCH', json, headers: { 'If-Match': ifMatch } });

const onEngines = Object.entries(engines).flatMap(([engine, openStore]) =>
  kinds.map((kind) => ({ ...kind, engine, openStore })),
);

describe.each(onEngines)('on $engine, an object of /$kind', ({ openStore, kind, create, one, other }) => {
  useApp(openStore);
  let path: string;
  beforeEach(async () => {
    path = `/${kind}/${await create()}`;
  });
  const patch = (json: object, ifMatch: string) => patchAt(path, json, ifMatch);
  const remove = (ifMatch: string) => ask(path, { method: 'DELETE', headers: { 'If-Match': ifMatch } });

  it('is changed if it is as If-Match says, and then has another ETag', async () => {
    const before = await etagOf(path);
    expect(before).toMatch(/^"[\w-]+"$/);
    const changed = await patch(one, before);
    expect(changed.status).toBe(200);
    const after = await etagOf(path);
    expect(changed.headers.get('etag')).toBe(after);
    expect(after).not.toBe(before);
    expect((await patch(other, `"x", W/${after}`)).status).toBe(200);
  });

  it('is neither changed nor deleted if somebody changed it since then', async () => {
    const before = await etagOf(path);
    await ask(path, { method: 'PATCH', json: one });
    const now = await jsonOf(ask(path));
    for (const response of [await patch(other, before), await remove(before), await patch(other, `W/${before}`)]) {
      expect(response.status).toBe(412);
      expect(await jsonOf(response)).toMatchObject({ code: 'changed-meanwhile' });
    }
    expect(await jsonOf(ask(path))).toEqual(now);
    expect((await remove(await etagOf(path))).status).toBe(204);
  });

  it('is changed by only one of two requests with the same ETag', async () => {
    const before = await etagOf(path);
    const statuses = await Promise.all([patch(one, before), patch(one, before), remove(before)]);
    expect(statuses.map(({ status }) => status).filter((status) => status < 300)).toHaveLength(1);
  });

  it('is changed in every state with * or without the header', async () => {
    expect((await patch(one, '*')).status).toBe(200);
    expect((await ask(path, { method: 'PATCH', json: other })).status).toBe(200);
  });

  it('is not found before If-Match is compared', async () => {
    const before = await etagOf(path);
    await remove('*');
    expect((await patch(one, before)).status).toBe(404);
  });
});

describe.each(kinds)('an object of /$kind', ({ kind, create, one }) => {
  useApp(engines.SQLite);

  it.each(['x', '"a" "b"', '', '"a",'])('is not changed with the malformed If-Match %j', async (header) => {
    const response = await patchAt(`/${kind}/${await create()}`, one, header);
    expect(response.status).toBe(400);
    expect(await jsonOf(response)).toMatchObject({ errors: [{ pointer: '#If-Match' }] });
  });
});

describe.each(Object.entries(engines))('the ETag on %s', (_engine, openStore) => {
  useApp(openStore);

  it('stays for a member whose tokens are created and used', async () => {
    const path = `/users/${app.dev.id}`;
    const before = await etagOf(path);
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    await app.ask('/api/v1/token', { headers: { Authorization: `Token ${token}` } });
    expect(await jsonOf(ask(path))).toMatchObject({ token_count: 1 });
    expect(await etagOf(path)).toBe(before);
  });

  it('does not let a member read more of an app', async () => {
    const { id } = await jsonOf<{ id: string }>(ask('/apps', { json: { name: 'wiki' } }));
    const read = async () => (await ask(`/apps/${id}`, { as: app.dev })).headers.get('etag');
    const before = await read();
    await ask(`/apps/${id}`, { method: 'PATCH', json: { groups: ['secret-project'] } });
    expect(await read()).toBe(before);
  });
});
