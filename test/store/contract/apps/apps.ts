import { expect, it } from 'vitest';
import type { AppRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, firstPage, nextId, noon } from '../records.ts';

export function appRecord(changes: Partial<AppRecord> = {}): AppRecord {
  const id = nextId();
  return {
    id,
    name: `app-${id}`,
    url: null,
    hosts: [],
    groups: [],
    maxExpirySeconds: null,
    preflight: 'deny',
    createdAt: noon,
    changedAt: noon,
    ...changes,
  };
}

export async function addApp(store: Store, changes: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord(changes);
  expect(await store.transaction((store) => store.apps.insert(app))).toBe('inserted');
  return app;
}

const full = {
  url: 'https://grafana.example.com/',
  hosts: ['grafana.example.com', 'metrics.example.com'],
  groups: ['developers', 'on-call, night'],
  maxExpirySeconds: 7_776_000,
  preflight: 'pass',
} as const satisfies Partial<AppRecord>;

export function appContract(store: () => Store): void {
  const edit = (id: string, changes: Partial<AppRecord>) =>
    store().transaction((store) => store.apps.edit(id, { changedAt: noon + 1, ...changes }));
  const remove = (id: string, force = false) => store().transaction((store) => store.apps.delete(id, force));

  it('returns an app as it was registered', async () => {
    const plain = await addApp(store());
    const named = await addApp(store(), { name: 'grafana', ...full, hosts: [...full.hosts], groups: [...full.groups] });
    expect(await store().apps.findById(plain.id)).toEqual(plain);
    expect(await store().apps.findById(named.id)).toEqual(named);
    expect(await store().apps.findById(nextId())).toBeNull();
    expect(await store().apps.findByName(named.name)).toEqual(named);
    expect(await store().apps.findByName('none')).toBeNull();
  });

  it('rejects a name that another app has', async () => {
    const first = await addApp(store(), { name: 'grafana' });
    expect(await store().apps.insert(appRecord({ name: 'grafana' }))).toBe('name-taken');
    expect(await store().apps.list(firstPage)).toEqual([first]);
  });

  it('rejects a host that another app has, in a new app and in an edit', async () => {
    const first = await addApp(store(), { hosts: ['a.example.com', 'b.example.com'] });
    const second = await addApp(store(), { hosts: ['c.example.com'] });
    const rollback = new Error('The transaction is rolled back.');
    const attempt = (work: (store: Store) => Promise<unknown>) =>
      store().transaction(async (store) => {
        expect(await work(store)).toEqual({ takenHost: 'b.example.com' });
        throw rollback;
      });
    const hosts = ['d.example.com', 'b.example.com'];
    await expect(attempt((store) => store.apps.insert(appRecord({ hosts })))).rejects.toBe(rollback);
    await expect(attempt((store) => store.apps.edit(second.id, { hosts, changedAt: noon + 1 }))).rejects.toBe(rollback);
    expect(await store().apps.list(firstPage)).toEqual([second, first]);
    // The host is free as soon as the first app gives it up.
    expect(await edit(first.id, { hosts: ['a.example.com'] })).toBe('edited');
    expect(await edit(second.id, { hosts })).toBe('edited');
  });

  it('changes only the fields of an edit, and removes what an edit sets to null or to nothing', async () => {
    const app = await addApp(store(), { ...full, hosts: [...full.hosts], groups: [...full.groups] });
    expect(await edit(app.id, {})).toBe('edited');
    expect(await store().apps.findById(app.id)).toEqual({ ...app, changedAt: noon + 1 });
    const steps: Array<Partial<AppRecord>> = [
      { url: null },
      { maxExpirySeconds: null },
      { groups: [] },
      { preflight: 'deny' },
      { hosts: ['metrics.example.com', 'new.example.com'] },
      { hosts: [] },
    ];
    let expected = app;
    for (const step of steps) {
      expected = { ...expected, ...step, changedAt: expected.changedAt + 1 };
      expect(await edit(app.id, { ...step, changedAt: expected.changedAt })).toBe('edited');
      expect(await store().apps.findById(app.id)).toEqual(expected);
    }
    expect(await edit(nextId(), { url: null })).toBe('missing');
  });

  it('lists newest first, in pages, and finds an app by its name', async () => {
    const [oldest, middle, newest] = [await addApp(store()), await addApp(store()), await addApp(store())];
    expect(await store().apps.list(firstPage)).toEqual([newest, middle, oldest]);
    expect(await store().apps.list({ limit: 1, before: newest.id })).toEqual([middle]);
    expect(await store().apps.list({ ...firstPage, name: oldest.name })).toEqual([oldest]);
    expect(await store().apps.list({ ...firstPage, name: 'none' })).toEqual([]);
  });

  it('returns the first names in alphabetical order', async () => {
    for (const name of ['immich', 'grafana', 'sonarr']) await addApp(store(), { name });
    expect(await store().apps.names(10)).toEqual(['grafana', 'immich', 'sonarr']);
    expect(await store().apps.names(2)).toEqual(['grafana', 'immich']);
  });

  it('returns the names of apps by their IDs, without those that were deleted', async () => {
    const [one, other] = [await addApp(store()), await addApp(store())];
    const names = await store().apps.namesOf([other.id, nextId(), one.id, one.id]);
    expect(names).toEqual(
      new Map([
        [one.id, one.name],
        [other.id, other.name],
      ]),
    );
    expect(await store().apps.namesOf([])).toEqual(new Map());
  });

  it('deletes an app that tokens are restricted to only by force', async () => {
    const [owner, app, other] = [
      await addUser(store()),
      await addApp(store(), { hosts: ['a.example.com'] }),
      await addApp(store()),
    ];
    const token = await addToken(store(), owner.id);
    await store().apps.setTokenApps(token.id, [other.id, app.id, app.id]);
    expect([await store().apps.countTokens(app.id), await store().apps.countTokens(other.id)]).toEqual([1, 1]);
    expect(await remove(app.id)).toBe('in-use');
    expect(await store().apps.findById(app.id)).toEqual(app);
    expect(await remove(app.id, true)).toBe('deleted');
    expect(await remove(app.id, true)).toBe('missing');
    expect([await store().apps.countTokens(app.id), await store().apps.countTokens(other.id)]).toEqual([0, 1]);
    // Its host and its name are free.
    await addApp(store(), { name: app.name, hosts: app.hosts });
    expect((await store().tokens.findById(token.id))?.id).toBe(token.id);
  });

  it('lists and counts the tokens that are restricted to an app, with any other filter', async () => {
    const [owner, app, other] = [await addUser(store()), await addApp(store()), await addApp(store())];
    const add = async (name: string, appIds: string[], changes = {}) => {
      const token = await addToken(store(), owner.id, { name, nameFolded: name, ...changes });
      await store().apps.setTokenApps(token.id, appIds);
      return token;
    };
    await add('first', [app.id, other.id]);
    await add('of the other', [other.id], { expiresAt: noon - 1, lifetimeMs: 1 });
    await add('expired', [app.id], { expiresAt: noon - 1, lifetimeMs: 1 });
    await add('without apps', []);
    const paused = await add('paused', [app.id]);
    const pause = { at: noon, until: null, reason: null, actor, bySuperuser: false };
    await store().tokens.pause(paused.id, pause);
    const listed = async (query: object) => {
      const all = { now: noon, appId: app.id, ...query };
      const names = (await store().tokens.list({ ...firstPage, ...all })).map(({ name }) => name);
      expect(await store().tokens.countUpTo(all, 100)).toBe(names.length);
      return names;
    };
    expect(await listed({})).toEqual(['paused', 'expired', 'first']);
    expect(await listed({ ownerId: owner.id })).toEqual(['paused', 'expired', 'first']);
    expect(await listed({ status: 'expired' })).toEqual(['expired']);
    expect(await listed({ status: 'paused' })).toEqual(['paused']);
    expect(await listed({ status: 'active' })).toEqual(['first']);
    expect(await listed({ nameContains: 'first' })).toEqual(['first']);
    const sort = { by: 'name', descending: false, after: null, few: true };
    expect(await listed({ sort })).toEqual(['expired', 'first', 'paused']);
    expect(await listed({ appId: owner.id })).toEqual([]);
  });

  it('replaces the stored apps of a token, and forgets them with the token', async () => {
    const [owner, one, other] = [await addUser(store()), await addApp(store()), await addApp(store())];
    const [token, second] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const counts = async () => [await store().apps.countTokens(one.id), await store().apps.countTokens(other.id)];
    await store().apps.setTokenApps(token.id, [one.id]);
    await store().apps.setTokenApps(second.id, [one.id]);
    expect(await counts()).toEqual([2, 0]);
    await store().apps.setTokenApps(token.id, [other.id]);
    expect(await counts()).toEqual([1, 1]);
    await store().apps.setTokenApps(token.id, []);
    expect(await counts()).toEqual([1, 0]);
    await store().transaction((store) => store.tokens.destroy(second.id, noon, actor));
    expect(await counts()).toEqual([0, 0]);
    expect(await remove(one.id)).toBe('deleted');
  });
}
