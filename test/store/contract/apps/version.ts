import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { AppStore } from '../../../../server/store/interfaces/apps.ts';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, firstPage, nextId, noon } from '../records.ts';
import { addApp, appRecord } from './apps.ts';

/** Returns the version of all apps as verification reads it. */
async function versionIn(store: Store): Promise<string> {
  const { hash } = await addToken(store, (await addUser(store)).id);
  const { appVersion } = await store.tokens.findByHashesAndVersion([hash]);
  if (appVersion === null) throw new Error('The version is missing.');
  return appVersion;
}

/** Each method of the store of apps, and whether it changes what verification reads. */
const methods: Record<keyof AppStore, { changes: boolean; run(store: Store, id: string): Promise<unknown> }> = {
  insert: { changes: true, run: (store) => store.apps.insert(appRecord({ hosts: ['new.example.com'] })) },
  edit: { changes: true, run: (store, id) => store.apps.edit(id, { groups: ['staff'], changedAt: noon + 1 }) },
  delete: { changes: true, run: (store, id) => store.apps.delete(id, true) },
  findById: { changes: false, run: (store, id) => store.apps.findById(id) },
  findByName: { changes: false, run: (store) => store.apps.findByName('wiki') },
  list: { changes: false, run: (store) => store.apps.list(firstPage) },
  names: { changes: false, run: (store) => store.apps.names(10) },
  countTokens: { changes: false, run: (store, id) => store.apps.countTokens(id) },
  namesOf: { changes: false, run: (store, id) => store.apps.namesOf([id]) },
  lock: { changes: false, run: (store, id) => store.apps.lock(id) },
  lockByNames: { changes: false, run: (store) => store.apps.lockByNames(['wiki']) },
  lockByIds: { changes: false, run: (store, id) => store.apps.lockByIds([id]) },
  setTokenApps: {
    changes: false,
    run: async (store, id) => store.apps.setTokenApps((await addToken(store, (await addUser(store)).id)).id, [id]),
  },
};

export function appVersionContract(store: () => Store): void {
  it('replaces the version with each change of an app, and keeps it otherwise', async () => {
    expect(Object.keys(store().apps).sort()).toEqual(Object.keys(methods).sort());
    for (const [method, { changes, run }] of Object.entries(methods)) {
      const { id } = await addApp(store());
      const before = await versionIn(store());
      await store().transaction((store) => run(store, id));
      expect((await versionIn(store())) !== before, method).toBe(changes);
    }
  });

  it.each(['url', 'hosts', 'groups', 'maxExpirySeconds', 'preflight'] as const)(
    'replaces the version if only %s changes',
    async (field) => {
      const { id } = await addApp(store());
      const before = await versionIn(store());
      const changed = appRecord({
        url: 'https://a/',
        hosts: ['a'],
        groups: ['a'],
        maxExpirySeconds: 1,
        preflight: 'pass',
      });
      await store().transaction((store) => store.apps.edit(id, { [field]: changed[field], changedAt: noon + 1 }));
      expect(await versionIn(store())).not.toBe(before);
    },
  );

  it('keeps the version if the change is rolled back', async () => {
    const before = await versionIn(store());
    const rollback = new Error('The transaction is rolled back.');
    const attempt = store().transaction(async (store) => {
      await store.apps.insert(appRecord());
      expect(await versionIn(store)).not.toBe(before);
      throw rollback;
    });
    await expect(attempt).rejects.toBe(rollback);
    expect(await versionIn(store())).toBe(before);
  });

  it('has no version twice, although apps change concurrently and one transaction changes several', async () => {
    const [one, other] = [await addApp(store()), await addApp(store())];
    const seen: string[] = [await versionIn(store())];
    // Opens the connections. Otherwise one transaction could end while the others still connect.
    await Promise.all(Array.from({ length: 5 }, () => store().transaction(() => delay(20))));
    const edit = (store: Store, id: string) => store.apps.edit(id, { groups: [nextId()], changedAt: noon + 1 });
    const change = (ids: string[]) =>
      store().transaction(async (store) => {
        for (const id of ids) {
          await store.apps.lock(id);
          await edit(store, id);
          seen.push(await versionIn(store));
        }
        await store.apps.insert(appRecord());
        seen.push(await versionIn(store));
      });
    // In opposite orders, so that they would wait for each other if each locked an app first.
    await Promise.all([
      change([one.id, other.id]),
      change([other.id, one.id]),
      store().transaction((store) => store.apps.delete(nextId(), true)),
      change([one.id]),
      change([other.id, one.id]),
    ]);
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
  });

  it('is read in the statement that finds tokens, or apps', async () => {
    const { id, name } = await addApp(store());
    const owner = await addUser(store());
    const [token, revoked] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    await store().transaction((store) => store.tokens.destroy(revoked.id, noon, actor));
    const version = await versionIn(store());
    for (const hashes of [[token.hash], [revoked.hash, token.hash, 'stranger'], [revoked.hash], ['stranger'], []]) {
      const isFound = hashes.includes(token.hash);
      const { matches, appVersion } = await store().tokens.findByHashesAndVersion(hashes);
      expect(matches).toEqual(await store().tokens.findByHashes(hashes));
      expect(appVersion).toBe(isFound ? version : null);
      const beside = await store().tokens.findByHashesAndApps(hashes, [{ kind: 'name', name }]);
      expect(beside).toMatchObject({ matches, apps: [{ id }], appVersion: version });
      const besideNone = await store().tokens.findByHashesAndApps(hashes, [{ kind: 'name', name: 'none' }]);
      expect(besideNone).toMatchObject({ matches, apps: [null], appVersion: isFound ? version : null });
    }
  });
}
