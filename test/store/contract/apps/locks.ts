import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, nextId, noon } from '../records.ts';
import { addApp } from './apps.ts';

/** Gives the other transaction time to reach the lock that it waits for. */
const pauseMs = 50;

export function appLockContract(store: () => Store): void {
  it('locks and returns the apps of these names or IDs, ordered by ID', async () => {
    const [one, other] = [await addApp(store(), { name: 'zulip', hosts: ['z.example.com'] }), await addApp(store())];
    await addApp(store());
    await store().transaction(async (store) => {
      expect(await store.apps.lockByNames([other.name, 'none', one.name, one.name])).toEqual([one, other]);
      expect(await store.apps.lockByIds([other.id, nextId(), one.id])).toEqual([one, other]);
      expect(await store.apps.lockByNames([])).toEqual([]);
      expect(await store.apps.lock(one.id)).toEqual(one);
      expect(await store.apps.lock(nextId())).toBeNull();
    });
  });

  it('does not delete an app while a token is being restricted to it', async () => {
    const [owner, app] = [await addUser(store()), await addApp(store())];
    const token = await addToken(store(), owner.id);
    let deletion: Promise<string> | undefined;
    await store().transaction(async (locked) => {
      expect(await locked.apps.lockByNames([app.name])).toEqual([app]);
      deletion = store().transaction((store) => store.apps.delete(app.id, false));
      await delay(pauseMs);
      await locked.apps.setTokenApps(token.id, [app.id]);
    });
    expect(await deletion).toBe('in-use');
  });

  it('finds no app whose deletion was being committed', async () => {
    const app = await addApp(store());
    let found: Promise<unknown> | undefined;
    await store().transaction(async (deleting) => {
      expect(await deleting.apps.delete(app.id, false)).toBe('deleted');
      found = store().transaction((store) => store.apps.lockByIds([app.id]));
      await delay(pauseMs);
    });
    expect(await found).toEqual([]);
  });

  it('returns the maximum of an app that was being lowered', async () => {
    const app = await addApp(store());
    const edited = { ...app, maxExpirySeconds: 60, hosts: ['a.example.com'], changedAt: noon + 1 };
    const reads = [
      (store: Store) => store.apps.lockByNames([app.name]),
      async (store: Store) => [await store.apps.lock(app.id)],
    ];
    for (const read of reads) {
      let found: Promise<unknown> | undefined;
      await store().transaction(async (editing) => {
        edited.changedAt += 1;
        await editing.apps.edit(app.id, edited);
        found = store().transaction(read);
        await delay(pauseMs);
      });
      expect(await found).toEqual([edited]);
    }
  });
}
